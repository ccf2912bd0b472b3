"""What `anomstack run --json` prints of a run, translated into what Dagster shows: log lines, metadata, a failure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEVELS = {"debug": "debug", "info": "info", "warn": "warning", "error": "error"}

Scalar = str | int | float | bool


@dataclass(frozen=True)
class LogLine:
    """A line for the log of the Dagster run; the level is one of Python's, in small letters."""

    level: str
    text: str


@dataclass(frozen=True)
class Report:
    """A run that has ended: its own record, the steps of its last attempt, and its log."""

    run: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    logs: Sequence[Mapping[str, Any]]


def parse_reports(text: str) -> Sequence[Report]:
    """The runs that are reported in the output of the command; none when it is no report."""
    try:
        return [_report(one) for one in json.loads(text)]
    except (ValueError, KeyError, TypeError):
        return []


def _report(one: Mapping[str, Any]) -> Report:
    run = one["run"]
    steps = [step for step in one["steps"] if step["attempt"] == run["attempt"]]
    return Report(run=run, steps=steps, logs=one["logs"])


def log_lines(report: Report) -> list[LogLine]:
    """Steps and log of the run, in the order of time."""
    lines = [(step.get("endedAt", step["startedAt"]), _step_line(step)) for step in report.steps]
    lines += [(log["at"], LogLine(LEVELS.get(log["level"], "info"), log["message"])) for log in report.logs]
    return [line for _, line in sorted(lines, key=lambda timed: timed[0])]


def _step_line(step: Mapping[str, Any]) -> LogLine:
    name, status = step["name"], step["status"]
    if status == "failed":
        return LogLine("error", f"{name}: {step.get('error', {}).get('message', 'failed')}")
    if status != "succeeded":
        return LogLine("warning", f"{name}: has not ended")
    counts = ", ".join(_count_text(key, value) for key, value in _counts(step))
    took = f"{step['endedAt'] - step['startedAt']} ms"
    return LogLine("info", f"{name}: {counts} ({took})" if counts else f"{name} ({took})")


def _count_text(key: str, value: Scalar) -> str:
    return f"{value} {key}".strip() if isinstance(value, int | float) else f"{key} {value}".strip()


def stage_metadata(report: Report, stage: str) -> Mapping[str, Scalar] | None:
    """What the steps of a stage counted, and how long they took; None when the stage did not run, or not to its end. A run of the job itself is all stage."""
    prefix = f"{stage}/" if report.run["job"] == "pipeline" else ""
    steps = [step for step in report.steps if step["name"].startswith(prefix)]
    if not steps or (prefix == "" and report.run["status"] != "succeeded"):
        return None
    if any(step["status"] != "succeeded" for step in steps):
        return None
    metadata: dict[str, Scalar] = {}
    for step in steps:
        name = step["name"].removeprefix(prefix)
        for key, value in _counts(step):
            metadata[f"{name}: {key}" if key else name] = value
    took = max(step["endedAt"] for step in steps) - min(step["startedAt"] for step in steps)
    return {**metadata, "seconds": took / 1000, "anomstack run": report.run["id"]}


def _counts(step: Mapping[str, Any]) -> Iterator[tuple[str, Scalar]]:
    """The simple values of a step's result; the key is empty where the result is one itself."""
    result = step.get("result")
    for key, value in result.items() if isinstance(result, dict) else [("", result)]:
        if isinstance(value, Scalar):
            yield key, value


def failure_of(report: Report) -> str | None:
    """Why a run did not succeed: `CODE: message`. None when it did."""
    if report.run["status"] == "succeeded":
        return None
    error = report.run.get("error")
    return f"{error['code']}: {error['message']}" if error else f"the run was {report.run['status']}"
