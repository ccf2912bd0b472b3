import type { Batch } from '../../config/project.ts'
import type { CronSchedule } from '../../core/cron.ts'
import { parseDuration } from '../../core/duration.ts'
import { isRunning } from '../../orchestrator/schedule-state.ts'

export type Stage = 'ingest' | 'train' | 'score' | 'alert'

/** What brings a stage of a batch about. */
export interface StageSchedule {
  readonly schedule: CronSchedule
  /** Of a pipeline that trains only at the first of its own ticks after one of `schedule`. */
  readonly at?: CronSchedule
  /** Ticks may come so much later, ms. */
  readonly jitterMs: number
}

/** Finds the schedules of stages; undefined where none runs. `states` is what people said of schedules. One lookup reads each cron expression once. */
export function createStageSchedules(
  states: ReadonlyMap<string, 'paused' | 'running'>,
): (batch: Batch, stage: Stage) => StageSchedule | undefined {
  const known = new Map<string, CronSchedule>()
  const cronOf = (cron: string, timeZone: string): CronSchedule => {
    const key = JSON.stringify([cron, timeZone])
    const schedule = known.get(key) ?? { cron, timeZone }
    known.set(key, schedule)
    return schedule
  }
  return ({ name, settings }, stage) => {
    const job = settings.pipeline_cron_schedule === null ? stage : 'pipeline'
    const enabled = settings[`${job}_default_schedule_status`] === 'RUNNING'
    const runs = isRunning({ id: `${job}:${name}`, job, enabled }, states)
    if (!runs || settings.disable_batch || settings[`disable_${stage}`]) return undefined
    const zone = settings.time_zone
    const jitterMs = parseDuration(settings.schedule_jitter) ?? 0
    const pipeline = settings.pipeline_cron_schedule
    if (pipeline === null) return { schedule: cronOf(settings[`${stage}_cron_schedule`], zone), jitterMs }
    if (stage !== 'train') return { schedule: cronOf(pipeline, zone), jitterMs }
    return { schedule: cronOf(settings.train_cron_schedule, zone), at: cronOf(pipeline, zone), jitterMs }
  }
}
