"""The assets of a batch: its values, models, scores and alerts, one for each job that makes something."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    FreshnessPolicy,
    MaterializeResult,
    multi_asset,
)

from anomstack_dagster.command import Command
from anomstack_dagster.execution import run_jobs
from anomstack_dagster.names import tag_value
from anomstack_dagster.project import Batch, Job

JOB_TAG = "anomstack/job"
BATCH_TAG = "anomstack/batch"
PIPELINE = "pipeline"
LEAST_WINDOW = timedelta(minutes=1)


def asset_key(name: str, job: str) -> AssetKey:
    """The key of what a job makes of the batch with this name in Dagster."""
    return AssetKey(["anomstack", name, job])


def makers(batch: Batch) -> tuple[Job, ...]:
    """The jobs that make something, in the order in which they run."""
    return tuple(job for job in batch.jobs if job.makes is not None)


def pipeline_makers(batch: Batch) -> tuple[Job, ...]:
    """Those that every run of the pipeline runs. Training is not: the pipeline trains when it is due, and Dagster wants everything that it asked for."""
    return tuple(job for job in makers(batch) if job.makes != "models")


def pool_of(batch: Batch) -> str:
    """The concurrency pool of a batch's database."""
    return f"anomstack_{tag_value(batch.connection)}"


def batch_assets(batch: Batch, name: str, command: Command) -> AssetsDefinition:
    """One step makes them all, or any of them: the pipeline is one run of Anomstack, as it is without Dagster."""
    jobs = makers(batch)
    keys = {job.name: asset_key(name, job.name) for job in jobs}
    in_every_pipeline = {job.name for job in pipeline_makers(batch)}

    @multi_asset(
        name=f"anomstack__{name}",
        specs=[asset_spec(batch, name, job) for job in jobs],
        can_subset=True,
        pool=pool_of(batch),
    )
    def assets(context: AssetExecutionContext) -> Iterator[MaterializeResult[Any]]:
        selected = {job: key for job, key in keys.items() if key in context.selected_asset_keys}
        if context.run.tags.get(JOB_TAG) == PIPELINE and selected.keys() == in_every_pipeline:
            yield from run_jobs(context, command, batch.name, {PIPELINE: keys})
        else:
            each = {job: {job: key} for job, key in selected.items()}
            yield from run_jobs(context, command, batch.name, each)

    return assets


def asset_spec(batch: Batch, name: str, job: Job) -> AssetSpec:
    """What Dagster shows of the asset before it is made."""
    made = {other.name for other in makers(batch)}
    return AssetSpec(
        key=asset_key(name, job.name),
        deps=[asset_key(name, before) for before in job.after if before in made],
        description=f"The {job.makes} of batch “{batch.name}”. {job.summary}",
        group_name=name,
        kinds={batch.database_kind},
        tags={JOB_TAG: job.name, BATCH_TAG: name, "anomstack/database": tag_value(batch.connection)},
        metadata={
            "batch": batch.name,
            "file": batch.file,
            "dagster/table_name": batch.table,
            **({"tags": dict(batch.tags)} if batch.tags else {}),
        },
        freshness_policy=freshness_policy(batch, job),
    )


def freshness_policy(batch: Batch, job: Job) -> FreshnessPolicy | None:
    """Stale after as many periods of its schedule as Anomstack waits before it says that the batch is overdue. What no schedule that runs makes at every tick
    is never stale: training in a pipeline has a rhythm of its own.
    """
    periods = [
        schedule.period
        for schedule in batch.schedules
        if schedule.running
        and schedule.period is not None
        and (schedule.job == job.name or (schedule.job == PIPELINE and job.makes != "models"))
    ]
    if not periods:
        return None
    return FreshnessPolicy.time_window(
        fail_window=max(LEAST_WINDOW, min(periods) * batch.overdue_after_periods)
    )
