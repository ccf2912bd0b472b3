from anomstack_dagster.names import dagster_names, tag_value


def test_names_that_dagster_takes_stay() -> None:
    names = ["sales", "Sales", "a_b", "_", "42", "type", "class"]
    assert dagster_names(names) == {name: name for name in names}


def test_other_names_are_made_fit_and_stay_apart() -> None:
    names = ["a-b", "a b", "a_b", "a.b", "収入", "売上", "", "-x", "x" * 200, "x" * 200 + "!", "../../etc"]
    made = dagster_names(names)
    assert len(set(made.values())) == len(names)
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in made.values())
    assert max(len(name) for name in made.values()) < 70
    assert made["a_b"] == "a_b"
    assert made["a-b"].startswith("a_b_")
    assert made["収入"].startswith("batch_")


def test_a_name_is_the_same_whatever_others_there_are() -> None:
    alone = dagster_names(["a-b"])["a-b"]
    assert dagster_names(["a b", "a_b", "a-b"])["a-b"] == alone
    # Unless one is called just so: then a few more digits tell them apart.
    beside = dagster_names(["a-b", alone])
    assert beside[alone] == alone
    assert beside["a-b"].startswith(alone)
    assert beside["a-b"] != alone


def test_tags_take_any_text() -> None:
    assert tag_value("warehouse") == "warehouse"
    assert tag_value("ware house/€") == "ware_house__"
    assert len(tag_value("x" * 100)) == 63
