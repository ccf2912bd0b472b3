import type { BatchSettings } from '../config/batch-settings.ts'
import type { Project } from '../config/project.ts'
import { nextCronTick } from '../core/cron.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { JobName } from '../runs/run.ts'

/** When to run a job of a batch. */
export interface ScheduledJob {
  /** `job:batch`. */
  readonly id: string
  readonly job: JobName
  readonly batch: string
  /** Five fields, or six with seconds first. */
  readonly cron: string
  /** IANA name. */
  readonly timeZone: string
}

interface Trigger {
  readonly job: JobName
  readonly cron: string
  readonly running: boolean
}

function triggersOf(settings: BatchSettings): readonly Trigger[] {
  const remove: Trigger = {
    job: 'delete',
    cron: settings.delete_cron_schedule,
    running: settings.delete_default_schedule_status === 'RUNNING' && !settings.disable_delete,
  }
  if (settings.pipeline_cron_schedule !== null) {
    const running = settings.pipeline_default_schedule_status === 'RUNNING'
    // The pipeline deletes nothing, so that schedule stays its own.
    return [{ job: 'pipeline', cron: settings.pipeline_cron_schedule, running }, remove]
  }
  const own = (job: 'ingest' | 'train' | 'score' | 'alert' | 'change'): Trigger => ({
    job,
    cron: settings[`${job}_cron_schedule`],
    running: settings[`${job}_default_schedule_status`] === 'RUNNING' && !settings[`disable_${job}`],
  })
  return [own('ingest'), own('train'), own('score'), own('alert'), own('change'), remove]
}

/** The schedules that run, of all batches: one for the pipeline where it has a cron, otherwise one for each job. */
export function scheduledJobs(project: Pick<Project, 'batches'>): ScheduledJob[] {
  return [...project.batches.values()].flatMap(({ name, settings }) =>
    settings.disable_batch
      ? []
      : triggersOf(settings)
          .filter((trigger) => trigger.running)
          .map(({ job, cron }) => ({
            id: `${job}:${name}`,
            job,
            batch: name,
            cron,
            timeZone: settings.time_zone,
          })),
  )
}

/** The schedule's first tick after `after`, see `core/cron.ts`. Errors: `CONFIG_INVALID` for a cron or time zone that is none. */
export function nextTick(schedule: ScheduledJob, after: number): number | undefined {
  try {
    return nextCronTick(schedule, after)
  } catch (error) {
    throw new AnomstackError(
      'CONFIG_INVALID',
      `the ${schedule.job} schedule "${schedule.cron}" (${schedule.timeZone}) is not valid: ${messageOf(error)}`,
      { at: { batch: schedule.batch }, cause: error },
    )
  }
}

/** The latest tick after `after` and up to `until`; undefined when there is none. It takes as long for a day as for a year. */
export function latestTick(schedule: ScheduledJob, after: number, until: number): number | undefined {
  const isDue = (from: number): number | undefined => {
    const tick = nextTick(schedule, from)
    return tick !== undefined && tick <= until ? tick : undefined
  }
  let latest = isDue(after)
  if (latest === undefined) return undefined
  // The tick that follows `from` is due for every `from` before the latest tick, and for none from then on.
  let low = latest
  let high = until
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const tick = isDue(middle)
    if (tick === undefined) high = middle
    else {
      latest = tick
      low = tick
    }
  }
  return latest
}
