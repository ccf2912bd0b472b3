import logging
from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest
from conftest import WriteProject, definitions_of, hourly

from anomstack_dagster import CommandError, build_definitions, read_project
from anomstack_dagster.command import Command
from anomstack_dagster.project import parse_project

KEYS = {
    job: dg.AssetKey(["anomstack", "shop", job]) for job in ("ingest", "train", "score", "alert", "change")
}


def schedules_of(definitions: dg.Definitions) -> dict[str, dg.ScheduleDefinition]:
    made = definitions.schedules or []
    return {one.name: one for one in made if isinstance(one, dg.ScheduleDefinition)}


def test_a_batch_is_a_group_of_assets_in_their_order(write_project: WriteProject) -> None:
    command = write_project(
        {"shop": hourly("shop", "disable_change: false", "metric_tags: {orders: {team: web}}")}
    )
    specs = {spec.key: spec for spec in definitions_of(command).resolve_all_asset_specs()}
    assert set(specs) == set(KEYS.values())
    parents = {job: {dep.asset_key.path[-1] for dep in specs[key].deps} for job, key in KEYS.items()}
    assert parents == {
        "ingest": set(),
        "train": {"ingest"},
        "score": {"ingest", "train"},
        "alert": {"score"},
        "change": {"ingest"},
    }
    score = specs[KEYS["score"]]
    assert score.group_name == "shop"
    assert score.tags["anomstack/job"] == "score"
    assert score.tags["anomstack/batch"] == "shop"
    assert score.kinds == {"sqlite"}
    assert score.metadata["file"] == "metrics/shop.yaml"
    assert score.metadata["dagster/table_name"] == "metrics"
    assert score.metadata["tags"] == {"orders": {"team": "web"}}


def test_what_a_batch_switches_off_is_not_there(write_project: WriteProject) -> None:
    command = write_project(
        {
            "shop": hourly("shop", "disable_change: true", "disable_train: true", "disable_delete: true"),
            "closed": hourly("closed", "disable_batch: true"),
        }
    )
    definitions = definitions_of(command)
    specs = {spec.key: spec for spec in definitions.resolve_all_asset_specs()}
    assert set(specs) == {KEYS["ingest"], KEYS["score"], KEYS["alert"]}
    assert [dep.asset_key for dep in specs[KEYS["score"]].deps] == [KEYS["ingest"]]
    jobs = {job.name for job in definitions.jobs or []}
    assert jobs == {
        *(f"shop__{job}" for job in ("ingest", "score", "alert", "pipeline")),
        *(f"project__{job}" for job in ("summary", "retention")),
    }


def test_schedules_have_cron_time_zone_and_status(write_project: WriteProject) -> None:
    command = write_project(
        {
            "shop": hourly("shop", 'schedule: "5 6 * * 1-5"', "time_zone: Europe/Berlin"),
            "parts": hourly(
                "parts",
                'ingest_cron_schedule: "*/10 * * * *"',
                "ingest_default_schedule_status: RUNNING",
                'train_cron_schedule: "0 3 * * *"',
                "time_zone: Asia/Tokyo",
            ),
        }
    )
    schedules = schedules_of(definitions_of(command))
    found = {
        name: (one.cron_schedule, one.execution_timezone, one.default_status.value)
        for name, one in schedules.items()
    }
    assert found["shop__pipeline_schedule"] == ("5 6 * * 1-5", "Europe/Berlin", "RUNNING")
    assert found["parts__ingest_schedule"] == ("*/10 * * * *", "Asia/Tokyo", "RUNNING")
    assert found["parts__train_schedule"] == ("0 3 * * *", "Asia/Tokyo", "STOPPED")
    assert "shop__ingest_schedule" not in found
    assert found["shop__delete_schedule"] == ("0 6 * * *", "Europe/Berlin", "STOPPED")


def test_schedules_leave_out_seconds_and_what_dagster_does_not_know(
    write_project: WriteProject, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_project(
        {
            "fast": hourly("fast", 'schedule: "*/10 * * * * *"'),
            "exact": hourly("exact", 'schedule: "0 30 7 * * *"'),
            "odd": hourly("odd", 'schedule: "0 0 15W * *"'),
        }
    )
    with caplog.at_level(logging.WARNING):
        schedules = schedules_of(definitions_of(command))
    assert schedules["fast__pipeline_schedule"].cron_schedule == "* * * * *"
    assert "*/10 * * * * *; Dagster" in (schedules["fast__pipeline_schedule"].description or "")
    assert schedules["exact__pipeline_schedule"].cron_schedule == "30 7 * * *"
    assert "odd__pipeline_schedule" not in schedules
    assert "the pipeline schedule of batch “odd” in metrics/odd.yaml is left out" in caplog.text


def test_what_runs_is_stale_after_some_periods(write_project: WriteProject) -> None:
    command = write_project({"shop": hourly("shop", 'schedule: "0 9 * * 1-5"', "overdue_after_n: 2")})
    specs = {spec.key: spec for spec in definitions_of(command).resolve_all_asset_specs()}
    policy = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=6))
    assert specs[KEYS["ingest"]].freshness_policy == policy
    assert specs[KEYS["alert"]].freshness_policy == policy
    assert specs[KEYS["train"]].freshness_policy is None


def test_a_tick_waits_for_the_run_before_it(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    command = write_project(
        {
            "shop": hourly("shop", 'schedule: "0 9 * * *"'),
            "keen": hourly("keen", 'schedule: "0 9 * * *"', "overlap: queue"),
        }
    )
    definitions = definitions_of(command)
    repository = definitions.get_repository_def()
    now = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)

    def tick(name: str) -> dg.RunRequest | dg.SkipReason | None:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=now, repository_def=repository
        )
        evaluated = repository.get_schedule_def(f"{name}__pipeline_schedule").evaluate_tick(context)
        for request in evaluated.run_requests or []:
            return request
        return dg.SkipReason(evaluated.skip_message)

    assert isinstance(tick("shop"), dg.RunRequest)
    for name in ("shop", "keen"):
        job = repository.get_job(f"{name}__pipeline")
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=job.tags)
    assert tick("shop") == dg.SkipReason("the previous run has not ended")
    assert isinstance(tick("keen"), dg.RunRequest)


def test_names_that_clash_stay_apart(write_project: WriteProject) -> None:
    names = ["a-b", "a b", "a_b", "-x --json", "収入", "type", "class"]
    command = write_project({str(index): hourly(f'"{name}"') for index, name in enumerate(names)})
    definitions = definitions_of(command)
    groups = {spec.group_name for spec in definitions.resolve_all_asset_specs()}
    assert len(groups) == len(names)
    assert {"a_b", "type", "class"} <= groups
    dg.Definitions.validate_loadable(definitions)


def test_what_is_faulty_is_left_out_with_a_warning(
    write_project: WriteProject, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_project({"shop": hourly("shop"), "bad": "metric_batch: bad\nalert_treshold: 1\n"})
    monkeypatch.setenv("ANOMSTACK_COMMAND", " ".join(f"'{word}'" for word in command.words))
    monkeypatch.setenv("ANOMSTACK_PROJECT", command.project)
    from anomstack_dagster.definitions import defs

    with caplog.at_level(logging.WARNING):
        loaded = defs()
    assert {spec.group_name for spec in loaded.resolve_all_asset_specs()} == {"shop"}
    assert 'metrics/bad.yaml:2: error: unknown key "alert_treshold"' in caplog.text
    assert "did you mean alert_threshold?" in caplog.text


def test_a_project_without_batches_has_the_jobs_of_the_whole(write_project: WriteProject) -> None:
    definitions = definitions_of(write_project({}))
    assert definitions.resolve_all_asset_specs() == []
    assert set(schedules_of(definitions)) == {"project__retention_schedule"}


def test_of_several_schedules_of_one_job_the_first_is_taken(
    write_project: WriteProject, caplog: pytest.LogCaptureFixture
) -> None:
    command = write_project(
        {
            "early": hourly("early", 'summary_cron_schedule: "0 6 * * *"'),
            "late": hourly("late", 'summary_cron_schedule: "0 20 * * *"'),
        }
    )
    with caplog.at_level(logging.WARNING):
        schedules = schedules_of(definitions_of(command))
    assert schedules["project__summary_schedule"].cron_schedule == "0 6 * * *"
    assert "the summary of the project has several schedules: 0 20 * * * (UTC) is left out" in caplog.text


def test_definitions_go_together_with_others(write_project: WriteProject) -> None:
    command = write_project({"shop": hourly("shop")})

    @dg.asset(deps=[KEYS["alert"]])
    def report() -> None: ...

    merged = dg.Definitions.merge(
        build_definitions(read_project(command), command), dg.Definitions(assets=[report])
    )
    dg.Definitions.validate_loadable(merged)
    assert len(merged.resolve_all_asset_specs()) == 6


def test_a_command_that_does_not_answer_is_named() -> None:
    with pytest.raises(CommandError, match=r"no-such-command cannot be started .* set ANOMSTACK_COMMAND"):
        read_project(Command(words=("no-such-command",), project="."))
    with pytest.raises(CommandError, match=r"(?s)batches --json .* ended with code 2: .*no such folder"):
        read_project(Command(words=definitions_command(), project="/no/such/folder"))
    with pytest.raises(CommandError, match="ANOMSTACK_COMMAND cannot be read"):
        Command.from_environment({"ANOMSTACK_COMMAND": "node 'main.js"})


def definitions_command() -> tuple[str, ...]:
    from conftest import MAIN, NODE

    return (NODE, str(MAIN))


def test_the_environment_says_what_to_run() -> None:
    assert Command.from_environment({}).words == ("anomstack",)
    command = Command.from_environment(
        {"ANOMSTACK_COMMAND": "npx --yes 'my anomstack'", "ANOMSTACK_PROJECT": "/srv/my metrics"}
    )
    assert command.run("train", "-x") == [
        "npx", "--yes", "my anomstack", "run", "train", "--json", "--project", "/srv/my metrics", "--batch=-x",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"version": 1, "batches": [{}], "faults": []}'])
def test_an_answer_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="gave an answer that is none"):
        parse_project(text)


def test_an_answer_of_another_version_is_refused() -> None:
    with pytest.raises(CommandError, match="version 2, this package reads version 1"):
        parse_project('{"version": 2}')
