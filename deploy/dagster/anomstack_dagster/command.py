"""The `anomstack` command: which it is, for which project, and what it answers."""

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ANSWER_TIMEOUT_SECONDS = 120


class CommandError(Exception):
    """The command could not be started, or failed without an answer; the message says which command and why."""


@dataclass(frozen=True)
class Command:
    """How the command is started, and the project that it works on."""

    words: tuple[str, ...]
    project: str

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> "Command":
        """`ANOMSTACK_COMMAND` (words as in a shell; `anomstack` unless set) and `ANOMSTACK_PROJECT` (the current folder unless set)."""
        try:
            words = shlex.split(environment.get("ANOMSTACK_COMMAND", ""))
        except ValueError as error:
            raise CommandError(f"ANOMSTACK_COMMAND cannot be read as words of a shell: {error}") from error
        project = Path(environment.get("ANOMSTACK_PROJECT") or ".").resolve()
        return Command(words=tuple(words or ["anomstack"]), project=str(project))

    def batches(self) -> list[str]:
        """The command line that lists the batches."""
        return [*self.words, "batches", "--json", "--project", self.project]

    def run(self, job: str, batch: str | None) -> list[str]:
        """The command line that runs a job, of a batch or of the whole project."""
        line = [*self.words, "run", job, "--json", "--project", self.project]
        # With `=`, a name that begins with a dash is still a name.
        return line if batch is None else [*line, f"--batch={batch}"]


def answer_of(line: list[str]) -> str:
    """What a command line prints to standard output. Raises CommandError when it fails."""
    try:
        ended = subprocess.run(
            line,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_TIMEOUT_SECONDS,
            check=False,
        )
    except OSError as error:
        raise CommandError(cannot_start(line, error)) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{shlex.join(line)}: no answer within {ANSWER_TIMEOUT_SECONDS} s") from error
    if ended.returncode != 0:
        raise CommandError(f"{shlex.join(line)} ended with code {ended.returncode}: {ended.stderr.strip()}")
    return ended.stdout


def cannot_start(line: list[str], error: OSError) -> str:
    """Says that a command line could not be started, and what to do."""
    return (
        f"{line[0]} cannot be started ({error.strerror or error}): "
        "set ANOMSTACK_COMMAND to the command, such as `npx anomstack`"
    )
