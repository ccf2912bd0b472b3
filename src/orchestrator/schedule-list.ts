import type { ScheduleStore, Tick } from '../control/control.ts'
import { messageOf } from '../core/errors.ts'
import { jitterOf } from './schedule-jitter.ts'
import { saidOf } from './schedule-state.ts'
import { nextTick, type ScheduledJob } from './schedules.ts'

/** A schedule as people see it. Times are UTC epoch ms. */
export interface ListedSchedule
  extends Pick<ScheduledJob, 'id' | 'job' | 'batch' | 'cron' | 'timeZone' | 'catchUp' | 'overlap'> {
  /** What its file says. */
  readonly file: 'RUNNING' | 'STOPPED'
  /** `stopped` is by its file, `paused` by people. */
  readonly state: 'running' | 'paused' | 'stopped'
  /** The next ticks; none while it does not run. */
  readonly next: readonly number[]
  /** Runs are queued so long after their ticks. */
  readonly offsetMs: number
  /** What became of the latest tick on record. */
  readonly last?: Tick
  /** Why it cannot run at all. */
  readonly problem?: string
}

const SHOWN_TICKS = 3

/** These schedules with their states, next ticks and latest outcomes. */
export async function listSchedules(
  schedules: readonly ScheduledJob[],
  { store, now }: { readonly store: Pick<ScheduleStore, 'states' | 'lastTicks'>; readonly now: number },
): Promise<readonly ListedSchedule[]> {
  const [states, last] = await Promise.all([
    store.states(),
    store.lastTicks(
      schedules.map(({ id }) => id),
      now,
    ),
  ])
  return schedules.map((schedule) => {
    const { id, job, batch, cron, timeZone, enabled, catchUp, overlap } = schedule
    const state = saidOf(schedule, states) ?? (enabled ? 'running' : 'stopped')
    const tick = last.get(id)
    return {
      id,
      job,
      ...(batch === undefined ? {} : { batch }),
      cron,
      timeZone,
      file: enabled ? 'RUNNING' : 'STOPPED',
      state,
      ...ticksOf(schedule, state === 'running' ? SHOWN_TICKS : 0, now),
      catchUp,
      overlap,
      ...(tick === undefined ? {} : { last: tick }),
    }
  })
}

/** The next ticks that a run has not been queued for. */
function ticksOf(
  schedule: ScheduledJob,
  count: number,
  now: number,
): Pick<ListedSchedule, 'next' | 'offsetMs' | 'problem'> {
  try {
    const offsetMs = jitterOf(schedule)
    const next: number[] = []
    for (let after: number | undefined = now - offsetMs; next.length < count; ) {
      after = nextTick(schedule, after)
      if (after === undefined) break
      next.push(after)
    }
    return { next, offsetMs }
  } catch (error) {
    return { next: [], offsetMs: 0, problem: messageOf(error) }
  }
}
