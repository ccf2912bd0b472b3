"""The process that Dagster Pipes starts for a run: it starts `anomstack run --json`, and tells Dagster what came of it.

It ends with code 0 even if the run failed: the failure is a message of its own, so that the asset can fail with the words of Anomstack.
"""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Thread
from types import FrameType
from typing import IO

from dagster_pipes import PipesContext, open_dagster_pipes

from anomstack_dagster.command import cannot_start
from anomstack_dagster.report import Report, failure_of, log_lines, parse_reports, stage_metadata

SHOWN_LINES = 20


@dataclass(frozen=True)
class Outcome:
    """How the command ended, and its last words."""

    code: int
    output: str
    last_words: str


def main() -> None:
    """Takes the command line, and the asset key of each stage that is to be materialised, from the extras of Pipes."""
    with open_dagster_pipes() as pipes:
        command: list[str] = pipes.get_extra("command")
        try:
            outcome = run_command(command)
        except OSError as error:
            pipes.report_custom_message({"failure": cannot_start(command, error)})
            return
        reports = parse_reports(outcome.output)
        for report in reports:
            tell(pipes, report)
        failures = [failure for report in reports if (failure := failure_of(report)) is not None]
        if not failures and (outcome.code != 0 or not reports):
            failures = [outcome.last_words or f"anomstack ended with code {outcome.code} without a word"]
        for failure in failures:
            pipes.report_custom_message({"failure": failure})


def tell(pipes: PipesContext, report: Report) -> None:
    """Passes on the log of a run, and reports what it made. Pipes only takes assets that Dagster asked for; of others there is a message."""
    for line in log_lines(report):
        getattr(pipes.log, line.level)(line.text)
    stages: dict[str, str] = pipes.get_extra("stages")
    for stage, asset_key in stages.items():
        metadata = stage_metadata(report, stage)
        if metadata is None:
            continue
        if pipes.is_asset_step and asset_key in pipes.asset_keys:
            pipes.report_asset_materialization(asset_key=asset_key, metadata=metadata)
        else:
            pipes.report_custom_message({"materialized": asset_key, "metadata": metadata})


def run_command(command: Sequence[str]) -> Outcome:
    """Runs a command; its standard error is passed on as it comes. When this process is told to stop, the command is, and may end in good order."""
    running: subprocess.Popen[str] | None = None
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        if running is not None:
            running.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    # In a session of its own, Ctrl+C in a terminal reaches it once, from here, and not a second time, which would end it at once.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        running = process
        if stopped:
            process.terminate()
        last_lines: deque[str] = deque(maxlen=SHOWN_LINES)
        passing_on = Thread(target=pass_on, args=(process.stderr, last_lines))
        passing_on.start()
        output = process.stdout.read() if process.stdout else ""
        passing_on.join()
    return Outcome(process.returncode, output, "".join(last_lines).strip())


def pass_on(stream: IO[str] | None, last_lines: deque[str]) -> None:
    """Copies a stream to standard error, line by line, and keeps the last lines."""
    for line in stream or ():
        sys.stderr.write(line)
        sys.stderr.flush()
        last_lines.append(line)


if __name__ == "__main__":
    main()
