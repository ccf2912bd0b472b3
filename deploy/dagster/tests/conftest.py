"""Projects on SQLite, the built command, and Dagster as it is."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from anomstack_dagster import Command, build_definitions, read_project

REPOSITORY = Path(__file__).resolve().parents[3]
MAIN = REPOSITORY / "dist" / "main.js"

NODE = shutil.which("node") or "node"

# The least that batches of the tests have in common: a file of a database each project has for its own, and nobody to tell.
DEFAULTS = """\
db: sqlite
alert_methods: console
model_path: "local://./models"
model_configs: [{model_name: PCA}, {model_name: KNN}]
"""

WriteProject = Callable[[Mapping[str, str]], Command]


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("ANOMSTACK_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write_project(tmp_path: Path) -> WriteProject:
    """Writes batch files, by name, and gives the command for the project that they make."""

    def write(batches: Mapping[str, str]) -> Command:
        folder = tmp_path / "project"
        (folder / "metrics" / "defaults").mkdir(parents=True, exist_ok=True)
        (folder / "metrics" / "defaults" / "defaults.yaml").write_text(DEFAULTS, encoding="utf-8")
        for name, text in batches.items():
            (folder / "metrics" / f"{name}.yaml").write_text(text, encoding="utf-8")
        assert MAIN.exists(), "the command is not built: run `npm run build` first"
        return Command(words=(NODE, str(MAIN)), project=str(folder))

    return write


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as temporary:
        yield temporary


def definitions_of(command: Command) -> dg.Definitions:
    return build_definitions(read_project(command), command)


def counts(command: Command) -> dict[tuple[str, str], int]:
    """Rows of the metrics table, by batch and type."""
    file = Path(command.project) / "tmpdata" / "anomstack-sqlite.db"
    connection = sqlite3.connect(file)
    try:
        rows = connection.execute(
            "select metric_batch, metric_type, count(*) from metrics group by metric_batch, metric_type"
        ).fetchall()
    finally:
        connection.close()
    return {(batch, kind): count for batch, kind, count in rows}


def failure_text(result: dg.ExecuteInProcessResult) -> str:
    """What Dagster shows as the reason that a step failed."""
    [failed] = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data
    assert data.user_failure_data is not None
    return data.user_failure_data.description or ""


def hourly(name: str, *lines: str) -> str:
    """A batch of three hundred hours up to the last full one, with a spike in the newest."""
    return "\n".join(
        [
            f"metric_batch: {name}",
            *lines,
            "ingest_sql: |",
            "  with recursive hours(i) as (select 0 union all select i + 1 from hours where i < 299)",
            "  select (strftime('%s', 'now') / 3600 - 300 + i) * 3600 as metric_timestamp, 'orders' as metric_name,",
            "    100 + (i * 7) % 11 + (case when i = 299 then 500 else 0 end) as metric_value",
            "  from hours",
            "",
        ]
    )
