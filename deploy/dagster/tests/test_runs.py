import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest
from conftest import NODE, WriteProject, counts, definitions_of, failure_text, hourly

from anomstack_dagster import Command

PACKAGE = Path(__file__).resolve().parents[1]
BROKEN = "metric_batch: broken\ningest_sql: select * from nowhere\n"


def run(command: Command, job: str, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    target = definitions_of(command).resolve_job_def(job)
    return target.execute_in_process(instance=instance, raise_on_error=False)


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetMaterialization]:
    events = result.get_asset_materialization_events()
    return {
        event.asset_key.path[-1]: event.step_materialization_data.materialization
        for event in events
        if event.asset_key is not None
    }


def number(metadata: Mapping[str, dg.MetadataValue], key: str) -> float:
    value = metadata[key].value
    assert isinstance(value, int | float)
    return value


def logs_of(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> list[tuple[int, str]]:
    return [(int(entry.level), entry.user_message) for entry in instance.all_logs(result.run_id)]


def test_each_asset_is_a_run_of_its_job(write_project: WriteProject, instance: dg.DagsterInstance) -> None:
    command = write_project({"shop": hourly("shop", "alert_smooth_n: 1")})

    ingest = run(command, "shop__ingest", instance)
    assert ingest.success
    metadata = materialized(ingest)["ingest"].metadata
    assert metadata["read: rows"].value == 300
    assert metadata["write: rows"].value == 300
    assert number(metadata, "seconds") > 0
    assert counts(command) == {("shop", "metric"): 300}
    assert any(text.startswith("read: 300 rows (") for _, text in logs_of(ingest, instance))

    assert materialized(run(command, "shop__train", instance))["train"].metadata["fit: fitted"].value == 1
    score = run(command, "shop__score", instance)
    assert score.success
    assert counts(command)[("shop", "score")] > 0
    alert = run(command, "shop__alert", instance)
    assert materialized(alert)["alert"].metadata["raise: raised"].value == 1
    assert counts(command)[("shop", "alert")] == 1
    # All went through one instance: Dagster knows of all of them.
    for job in ("ingest", "train", "score", "alert"):
        assert instance.get_latest_materialization_event(dg.AssetKey(["anomstack", "shop", job])) is not None


def test_assets_are_materialized_together_or_in_part(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    command = write_project({"shop": hourly("shop")})
    [assets] = definitions_of(command).assets or []
    assert isinstance(assets, dg.AssetsDefinition)
    some = dg.AssetSelection.assets(*(dg.AssetKey(["anomstack", "shop", job]) for job in ("ingest", "train")))
    part = dg.materialize([assets], instance=instance, selection=some)
    assert set(materialized(part)) == {"ingest", "train"}
    assert counts(command) == {("shop", "metric"): 300}
    everything = dg.materialize([assets], instance=instance)
    assert set(materialized(everything)) == {"ingest", "train", "score", "alert", "change"}


def test_the_pipeline_trains_when_training_is_due(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    # Its next tick after the first training is far.
    command = write_project(
        {"shop": hourly("shop", 'schedule: "*/5 * * * *"', 'train_cron_schedule: "0 0 29 2 *"')}
    )
    first = run(command, "shop__pipeline", instance)
    assert set(materialized(first)) == {"ingest", "train", "score", "alert", "change"}
    assert materialized(first)["train"].metadata["fit: fitted"].value == 1
    second = run(command, "shop__pipeline", instance)
    assert second.success
    assert set(materialized(second)) == {"ingest", "score", "alert", "change"}


def test_a_batch_that_fails_fails_its_asset_with_the_words_of_anomstack(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    command = write_project({"broken": BROKEN, "shop": hourly("shop")})
    failed = run(command, "broken__ingest", instance)
    assert not failed.success
    assert failure_text(failed).startswith('QUERY_FAILED: batch "broken", metrics/broken.yaml')
    assert "nowhere" in failure_text(failed)
    assert materialized(failed) == {}
    assert any(level == 40 and text.startswith("read: ") for level, text in logs_of(failed, instance))
    # One bad thing stays one bad thing.
    assert run(command, "shop__ingest", instance).success


def test_a_stage_that_fails_does_not_stop_those_after_it(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    command = write_project({"broken": BROKEN})
    failed = run(command, "broken__pipeline", instance)
    assert not failed.success
    assert "nowhere" in failure_text(failed)
    assert set(materialized(failed)) == {"train", "score", "alert", "change"}


def test_a_job_that_makes_nothing_runs(write_project: WriteProject, instance: dg.DagsterInstance) -> None:
    command = write_project({"shop": hourly("shop", "delete_after_n_days: 1")})
    assert run(command, "shop__ingest", instance).success
    deleted = run(command, "shop__delete", instance)
    assert deleted.success
    # Of 300 hours, those of yesterday and of today so far are left.
    assert counts(command)[("shop", "metric")] <= 48
    assert run(command, "project__retention", instance).success


@pytest.mark.parametrize("name", ["-x --json", "収入 €", "a'b\\\"c; $(touch x)", "__proto__"])
def test_any_name_of_a_batch_is_taken_as_it_is(
    write_project: WriteProject, instance: dg.DagsterInstance, name: str
) -> None:
    quoted = "'" + name.replace("'", "''") + "'"
    command = write_project({"one": hourly(quoted), "two": hourly("other")})
    [job] = [
        job.name
        for job in definitions_of(command).jobs or []
        if job.name.endswith("__ingest") and job.name != "other__ingest"
    ]
    assert run(command, job, instance).success
    assert counts(command) == {(name, "metric"): 300}


def test_a_command_that_is_gone_fails_the_asset(
    write_project: WriteProject, instance: dg.DagsterInstance
) -> None:
    command = write_project({"shop": hourly("shop")})
    project = definitions_of(command)
    job = project.resolve_job_def("shop__ingest")
    (Path(command.project) / "metrics" / "shop.yaml").unlink()
    gone = job.execute_in_process(instance=instance, raise_on_error=False)
    assert "there is no batch" in failure_text(gone)


def test_the_command_may_end_in_good_order(tmp_path: Path) -> None:
    script = tmp_path / "patient.mjs"
    script.write_text(
        "process.on('SIGTERM', () => { console.log('ended'); process.exit(3) })\n"
        "process.on('SIGINT', () => process.exit(4))\n"
        "console.error('ready')\nsetInterval(() => {}, 1000)\n",
        encoding="utf-8",
    )
    code = (
        "import sys; from anomstack_dagster.run_job import run_command; "
        "ended = run_command(sys.argv[1:]); print(ended.code, ended.output.strip(), ended.last_words)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, NODE, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "3 ended ready\n"


def test_dagster_s_own_command_runs_the_code_location(write_project: WriteProject, tmp_path: Path) -> None:
    """With the instance that the README shows; two at a time, in one project."""
    command = write_project({"shop": hourly("shop"), "cafe": hourly("cafe"), "broken": BROKEN})
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_bytes((PACKAGE / "dagster.yaml").read_bytes())
    # Dagster's processes cannot make its storage at the same time.
    dg.DagsterInstance.from_config(str(home)).dispose()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(home),
        "ANOMSTACK_COMMAND": " ".join(f"'{word}'" for word in command.words),
        "ANOMSTACK_PROJECT": command.project,
    }
    jobs = ["shop__pipeline", "cafe__pipeline", "broken__ingest"]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dagster", "job", "execute", "-m", "anomstack_dagster.definitions", "-j", job],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        for job in jobs
    ]  # fmt: skip
    outputs = [process.communicate()[0] for process in started]
    assert [process.returncode == 0 for process in started] == [True, True, False], "\n".join(outputs)
    assert "RUN_SUCCESS" in outputs[0]
    assert "QUERY_FAILED" in outputs[2]
    assert "usage statistics" not in "".join(outputs)
    found = counts(command)
    assert found[("shop", "metric")] == found[("cafe", "metric")] == 300
    assert found[("shop", "score")] > 0
