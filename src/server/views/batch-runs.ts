import type { Batch } from '../../config/project.ts'
import { messageOf } from '../../core/errors.ts'
import { isRunning } from '../../orchestrator/schedule-state.ts'
import { batchSchedules, nextTick, type ScheduledJob } from '../../orchestrator/schedules.ts'
import type { JobName, Run } from '../../runs/run.ts'
import type { ServerServices } from '../services.ts'

/** When the jobs of a batch run, and how they fared last. */
export interface BatchRuns {
  readonly schedules: readonly ScheduleTick[]
  /** The newest run of each job that has run, newest first. */
  readonly latest: readonly Run[]
}

/** A schedule that runs, and when it does so next. */
export interface ScheduleTick {
  readonly job: JobName
  readonly cron: string
  readonly timeZone: string
  /** UTC epoch ms; absent when the expression never matches again, or is not valid. */
  readonly next?: number
}

const BATCH_JOBS: readonly JobName[] = [
  'pipeline',
  'ingest',
  'train',
  'score',
  'alert',
  'change',
  'delete',
  'backfill',
]

/** Reads the newest run of every job of a batch. */
export async function loadBatchRuns(services: ServerServices, batch: Batch): Promise<BatchRuns> {
  const { runs, schedules } = services.control
  const [states, ...newest] = await Promise.all([
    schedules.states(),
    ...BATCH_JOBS.map((job) => runs.list({ batch: batch.name, job, limit: 1 })),
  ])
  return {
    schedules: batchSchedules(batch)
      .filter((schedule) => isRunning(schedule, states))
      .map((schedule) => tickOf(schedule, services)),
    latest: newest.flat().sort((a, b) => b.queuedAt - a.queuedAt),
  }
}

function tickOf(schedule: ScheduledJob, { clock, logger }: ServerServices): ScheduleTick {
  const { job, cron, timeZone } = schedule
  try {
    const next = nextTick(schedule, clock.now())
    return { job, cron, timeZone, ...(next === undefined ? {} : { next }) }
  } catch (error) {
    logger.log('warn', 'a schedule is not valid', { schedule: schedule.id, problem: messageOf(error) })
    return { job, cron, timeZone }
  }
}
