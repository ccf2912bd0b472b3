"""Puts the definitions of a project together."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dagster import Definitions, ScheduleDefinition, get_dagster_logger

from anomstack_dagster.assets import batch_assets, makers
from anomstack_dagster.command import Command
from anomstack_dagster.jobs import batch_job, project_job
from anomstack_dagster.names import dagster_names
from anomstack_dagster.project import Project, Schedule
from anomstack_dagster.schedules import job_schedule

if TYPE_CHECKING:
    from anomstack_dagster.jobs import AnyJob


def build_definitions(project: Project, command: Command) -> Definitions:
    """Assets, jobs and schedules of all batches, and those of the whole. They may be merged with other definitions: `Definitions.merge`."""
    names = dagster_names(batch.name for batch in project.batches)
    jobs: list[AnyJob] = []
    schedules: list[ScheduleDefinition] = []
    for batch in project.batches:
        own = {one.name: batch_job(batch, names[batch.name], one, command) for one in batch.jobs}
        jobs += own.values()
        schedules += _schedules(own, batch.schedules, f"batch “{batch.name}” in {batch.file}")
    of_project = {one.name: project_job(one, command) for one in project.jobs}
    jobs += of_project.values()
    schedules += _schedules(of_project, project.schedules, "the project")
    return Definitions(
        assets=[
            batch_assets(batch, names[batch.name], command) for batch in project.batches if makers(batch)
        ],
        jobs=jobs,
        schedules=schedules,
    )


def _schedules(
    jobs: "Mapping[str, AnyJob]", schedules: Iterable[Schedule], whose: str
) -> Iterator[ScheduleDefinition]:
    made: set[str] = set()
    for schedule in schedules:
        if schedule.job not in jobs:
            continue
        if schedule.job in made:
            get_dagster_logger("anomstack").warning(
                f"the {schedule.job} of {whose} has several schedules: {schedule.cron} ({schedule.time_zone}) is left out"
            )
            continue
        made.add(schedule.job)
        definition = job_schedule(schedule, jobs[schedule.job], whose)
        if definition is not None:
            yield definition
