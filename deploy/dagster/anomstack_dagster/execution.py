"""Runs jobs of a batch from within a step of Dagster."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    Failure,
    MaterializeResult,
    OpExecutionContext,
    PipesSubprocessClient,
)

from anomstack_dagster.command import Command

# A run under way may take 5 s to end in good order once it is told to; its records take a little more.
PIPES = PipesSubprocessClient(termination_timeout_seconds=30)


def run_jobs(
    context: AssetExecutionContext | OpExecutionContext,
    command: Command,
    batch: str | None,
    jobs: Mapping[str, Mapping[str, AssetKey]],
) -> Iterator[MaterializeResult[Any]]:
    """Runs each job, and yields the assets that it materialised of those given by its stages; those that this step was not asked for are logged. A job that
    fails does not stop those after it; at the end Failure is raised, with what Anomstack says of each.
    """
    failures: list[str] = []
    for job, assets in jobs.items():
        ended = PIPES.run(
            context=context,
            command=[sys.executable, "-m", "anomstack_dagster.run_job"],
            extras={
                "command": command.run(job, batch),
                "stages": {stage: key.to_escaped_user_string() for stage, key in assets.items()},
            },
        )
        # What is logged goes out with the next result.
        for message in ended.get_custom_messages():
            if "materialized" in message:
                key = AssetKey.from_escaped_user_string(message["materialized"])
                context.log_event(AssetMaterialization(key, metadata=message["metadata"]))
            else:
                failures.append(message["failure"])
        for result in ended.get_results(implicit_materializations=False):
            if isinstance(result, MaterializeResult):
                yield result
    if failures:
        raise Failure(description="\n".join(failures))
