import type { BatchSettings } from '../config/batch-settings.ts'
import type { Batch, Project } from '../config/project.ts'
import { type CronSchedule, latestCronTick, nextCronTick } from '../core/cron.ts'
import { parseDuration } from '../core/duration.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { JobName, RunRequest } from '../runs/run.ts'

/** When to run a job, of a batch or of the whole project. */
export interface ScheduledJob extends CronSchedule {
  /** `job:batch`; `retention`; `summary`, or `summary:cron zone` for each of several. */
  readonly id: string
  readonly job: JobName
  /** Absent for a job of the whole project. */
  readonly batch?: string
  /** What its file says; people may have said otherwise since, see `schedule-state.ts`. */
  readonly enabled: boolean
  /** Ticks are put off by less than this, see `schedule-jitter.ts`. */
  readonly jitterMs: number
  readonly catchUp: BatchSettings['catch_up']
  readonly catchUpMax: number
  readonly overlap: BatchSettings['overlap']
  /** Of its runs. */
  readonly params?: NonNullable<RunRequest['params']>
}

type ScheduledProject = Pick<Project, 'batches'> & {
  readonly server: Pick<Project['server'], 'retentionSchedule' | 'timeZone'>
}

/** All schedules of a project: those of its batches, and those of the whole. */
export function projectSchedules(project: ScheduledProject): ScheduledJob[] {
  const batches = [...project.batches.values()]
  return [...batches.flatMap(batchSchedules), ...summarySchedules(batches), ...retentionSchedule(project)]
}

interface Trigger {
  readonly job: JobName
  readonly cron: string
  readonly enabled: boolean
}

function triggersOf(settings: BatchSettings): readonly Trigger[] {
  const own = (job: 'ingest' | 'train' | 'score' | 'alert' | 'change' | 'delete'): readonly Trigger[] =>
    settings[`disable_${job}`]
      ? []
      : [
          {
            job,
            cron: settings[`${job}_cron_schedule`],
            enabled: settings[`${job}_default_schedule_status`] === 'RUNNING',
          },
        ]
  // The pipeline deletes nothing, so that schedule stays its own.
  if (settings.pipeline_cron_schedule !== null) {
    const enabled = settings.pipeline_default_schedule_status === 'RUNNING'
    return [{ job: 'pipeline', cron: settings.pipeline_cron_schedule, enabled }, ...own('delete')]
  }
  return [
    ...own('ingest'),
    ...own('train'),
    ...own('score'),
    ...own('alert'),
    ...own('change'),
    ...own('delete'),
  ]
}

/** The schedules of a batch, those that are stopped too: one for the pipeline where it has a cron, otherwise one for each job that is not disabled. */
export function batchSchedules({ name, settings }: Pick<Batch, 'name' | 'settings'>): ScheduledJob[] {
  if (settings.disable_batch) return []
  return triggersOf(settings).map(({ job, cron, enabled }) => ({
    id: `${job}:${name}`,
    job,
    batch: name,
    cron,
    timeZone: settings.time_zone,
    enabled,
    jitterMs: parseDuration(settings.schedule_jitter) ?? 0,
    catchUp: settings.catch_up,
    catchUpMax: settings.catch_up_max,
    overlap: settings.overlap,
  }))
}

const PROJECT_WIDE = { enabled: true, jitterMs: 0, catchUp: 'latest', catchUpMax: 1 } as const

/** One for each cron and time zone that batches want their summary at. Its runs name both, and are about the batches with just these settings. */
function summarySchedules(batches: readonly Batch[]): ScheduledJob[] {
  const wanted = new Map<string, CronSchedule>()
  for (const { settings } of batches) {
    if (settings.disable_batch || settings.disable_summary) continue
    const { summary_cron_schedule: cron, time_zone: timeZone } = settings
    wanted.set(`${cron} ${timeZone}`, { cron, timeZone })
  }
  return [...wanted].map(([name, { cron, timeZone }]) => ({
    ...PROJECT_WIDE,
    id: wanted.size === 1 ? 'summary' : `summary:${name}`,
    job: 'summary',
    cron,
    timeZone,
    // The summary of other batches may be under way.
    overlap: 'queue',
    params: { summary_cron_schedule: cron, time_zone: timeZone },
  }))
}

function retentionSchedule({ server }: ScheduledProject): ScheduledJob[] {
  if (server.retentionSchedule === null) return []
  const { retentionSchedule: cron, timeZone } = server
  return [{ ...PROJECT_WIDE, id: 'retention', job: 'retention', cron, timeZone, overlap: 'skip' }]
}

type Named = CronSchedule & Pick<ScheduledJob, 'job' | 'batch'>

/** The schedule's first tick after `after`, see `core/cron.ts`. Errors: `CONFIG_INVALID` for a cron or time zone that is none. */
export function nextTick(schedule: Named, after: number): number | undefined {
  return named(schedule, () => nextCronTick(schedule, after))
}

/** The latest tick after `after` and up to `until`; undefined when there is none. Errors as `nextTick`. */
export function latestTick(schedule: Named, after: number, until: number): number | undefined {
  const latest = named(schedule, () => latestCronTick(schedule, until))
  return latest !== undefined && latest > after ? latest : undefined
}

function named<Result>({ job, batch, cron, timeZone }: Named, compute: () => Result): Result {
  try {
    return compute()
  } catch (error) {
    throw new AnomstackError(
      'CONFIG_INVALID',
      `the ${job} schedule "${cron}" (${timeZone}) is not valid: ${messageOf(error)}`,
      { ...(batch === undefined ? {} : { at: { batch } }), cause: error },
    )
  }
}
