"""A project, as `anomstack batches --json` tells it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from anomstack_dagster.command import Command, CommandError, answer_of

UNDERSTOOD_VERSION = 1


@dataclass(frozen=True)
class Job:
    """A job of a batch. One that makes something is an asset; `after` names the jobs that make what it reads."""

    name: str
    summary: str
    makes: str | None
    after: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """When a job runs. The period is the longest that the schedule usually is without a tick."""

    job: str
    cron: str
    time_zone: str
    running: bool
    skips_overlap: bool
    period: timedelta | None


@dataclass(frozen=True)
class Batch:
    """A batch with the jobs that it does not switch off."""

    name: str
    file: str
    connection: str
    database_kind: str
    table: str
    tags: Mapping[str, Mapping[str, str | float | bool]]
    overdue_after_periods: int
    jobs: tuple[Job, ...]
    schedules: tuple[Schedule, ...]


@dataclass(frozen=True)
class Project:
    """What can run: batches, and the jobs and schedules of the whole; and a line for each fault of what cannot."""

    batches: tuple[Batch, ...]
    jobs: tuple[Job, ...]
    schedules: tuple[Schedule, ...]
    faults: tuple[str, ...]


def read_project(command: Command) -> Project:
    """Asks the command for the project. Raises CommandError when there is no answer, or one of another version."""
    return parse_project(answer_of(command.batches()))


def parse_project(text: str) -> Project:
    """Raises CommandError for what is no answer of `anomstack batches --json`."""
    try:
        answer = json.loads(text)
        version = answer["version"]
        if version != UNDERSTOOD_VERSION:
            raise CommandError(
                f"anomstack lists batches in version {version}, this package reads version "
                f"{UNDERSTOOD_VERSION}: install versions that belong together"
            )
        return Project(
            batches=tuple(_batch(batch) for batch in answer["batches"]),
            jobs=_jobs(answer),
            schedules=_schedules(answer),
            faults=tuple(_fault(fault) for fault in answer["faults"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"anomstack batches --json gave an answer that is none: {error!r}: {text[:200]}"
        ) from error


def _batch(batch: Mapping[str, Any]) -> Batch:
    return Batch(
        name=batch["name"],
        file=batch["file"],
        connection=batch["database"]["connection"],
        database_kind=batch["database"]["kind"],
        table=batch["table"],
        tags=batch["tags"],
        overdue_after_periods=batch["overdueAfterPeriods"],
        jobs=_jobs(batch),
        schedules=_schedules(batch),
    )


def _jobs(owner: Mapping[str, Any]) -> tuple[Job, ...]:
    return tuple(
        Job(job["job"], job["summary"], job.get("makes"), tuple(job["after"]))
        for job in owner["jobs"]
        if job["enabled"]
    )


def _schedules(owner: Mapping[str, Any]) -> tuple[Schedule, ...]:
    return tuple(_schedule(schedule) for schedule in owner["schedules"])


def _schedule(schedule: Mapping[str, Any]) -> Schedule:
    seconds = schedule["periodSeconds"]
    return Schedule(
        job=schedule["job"],
        cron=schedule["cron"],
        time_zone=schedule["timeZone"],
        running=schedule["running"],
        skips_overlap=schedule["overlap"] == "skip",
        period=None if seconds is None else timedelta(seconds=seconds),
    )


def _fault(fault: Mapping[str, Any]) -> str:
    line = f":{fault['line']}" if "line" in fault else ""
    hint = f" (did you mean {fault['suggestion']}?)" if "suggestion" in fault else ""
    return f"{fault['file']}{line}: {fault['severity']}: {fault['message']}{hint}"
