"""A Dagster job for each job of a batch, and of the whole project."""

from typing import TYPE_CHECKING

from dagster import (
    AssetSelection,
    JobDefinition,
    OpExecutionContext,
    define_asset_job,
    in_process_executor,
    job,
    op,
)

from anomstack_dagster.assets import BATCH_TAG, JOB_TAG, PIPELINE, asset_key, pipeline_makers, pool_of
from anomstack_dagster.command import Command
from anomstack_dagster.execution import run_jobs
from anomstack_dagster.project import Batch, Job

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    AnyJob = JobDefinition | UnresolvedAssetJobDefinition

# Jobs have one step, and what it does is done by processes of its own: another one would only take time to start.
EXECUTOR = in_process_executor


def batch_job(batch: Batch, name: str, wanted: Job, command: Command) -> "AnyJob":
    """`<batch>__<job>`: the job's asset, the assets of the pipeline, or a step without an asset for a job that makes nothing."""
    job_name = f"{name}__{wanted.name}"
    tags = {JOB_TAG: wanted.name, BATCH_TAG: name}
    made = pipeline_makers(batch) if wanted.name == PIPELINE else (wanted,) if wanted.makes else ()
    if made:
        return define_asset_job(
            job_name,
            AssetSelection.assets(*(asset_key(name, one.name) for one in made)),
            description=wanted.summary,
            tags=tags,
            executor_def=EXECUTOR,
        )

    @op(name=f"anomstack__{job_name}", pool=pool_of(batch))
    def run(context: OpExecutionContext) -> None:
        _run(context, command, wanted.name, batch.name)

    @job(name=job_name, description=wanted.summary, tags=tags, executor_def=EXECUTOR)
    def without_assets() -> None:
        run()

    return without_assets


def project_job(wanted: Job, command: Command) -> JobDefinition:
    """`project__<job>`: a job that is not of one batch."""
    job_name = f"project__{wanted.name}"

    @op(name=f"anomstack__{job_name}")
    def run(context: OpExecutionContext) -> None:
        _run(context, command, wanted.name, None)

    @job(name=job_name, description=wanted.summary, tags={JOB_TAG: wanted.name}, executor_def=EXECUTOR)
    def of_project() -> None:
        run()

    return of_project


def _run(context: OpExecutionContext, command: Command, wanted: str, batch: str | None) -> None:
    """Runs a job that materialises nothing."""
    for _ in run_jobs(context, command, batch, {wanted: {}}):
        pass
