"""The schedules of a project, as far as Dagster knows their times."""

from typing import TYPE_CHECKING

from dagster import (
    DagsterInvalidDefinitionError,
    DagsterRunStatus,
    DefaultScheduleStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    get_dagster_logger,
)

from anomstack_dagster.project import Schedule

if TYPE_CHECKING:
    from anomstack_dagster.jobs import AnyJob

UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def job_schedule(wanted: Schedule, target: "AnyJob", whose: str) -> ScheduleDefinition | None:
    """The schedule of a job; `whose` says in a message what it belongs to. None, with a warning, for a cron expression that Dagster does not know."""
    cron, note = minutely(wanted.cron)

    def tick(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        unfinished = RunsFilter(job_name=target.name, tags=dict(target.tags or {}), statuses=UNFINISHED)
        if wanted.skips_overlap and context.instance.get_runs(unfinished, limit=1):
            return SkipReason("the previous run has not ended")
        return RunRequest()

    try:
        return ScheduleDefinition(
            name=f"{target.name}_schedule",
            job=target,
            cron_schedule=cron,
            execution_timezone=wanted.time_zone,
            default_status=DefaultScheduleStatus.RUNNING if wanted.running else DefaultScheduleStatus.STOPPED,
            description=f"{wanted.job} of {whose}: {wanted.cron}{note}",
            execution_fn=tick,
        )
    except DagsterInvalidDefinitionError as error:
        get_dagster_logger("anomstack").warning(f"the {wanted.job} schedule of {whose} is left out: {error}")
        return None


def minutely(cron: str) -> tuple[str, str]:
    """A cron expression without its seconds, which Dagster does not count, and a note for people where that changes something."""
    fields = cron.split()
    if len(fields) != 6:
        return cron, ""
    return " ".join(fields[1:]), "" if fields[0] == "0" else "; Dagster starts nothing between full minutes"
