import { type CronSchedule, nextCronTick } from '../../core/cron.ts'
import type { StageSchedule } from './stage-schedules.ts'

/** `off`: no schedule brings it about; `never`: one does, and it has not come about yet; `late`: the schedule has had a tick since, and nothing came of it. */
export type Freshness = 'fresh' | 'late' | 'never' | 'off'

const SECOND = 1_000
const LEAST_GRACE = 30 * SECOND
const MOST_GRACE = 3_600 * SECOND

/** How fresh something is that came about at `at` (UTC epoch ms, when its run began) and took `tookMs` to do. */
export function freshnessOf(
  schedule: StageSchedule | undefined,
  last: { readonly at: number; readonly tookMs?: number } | undefined,
  now: number,
): Freshness {
  if (schedule === undefined) return 'off'
  if (last === undefined) return 'never'
  try {
    const due = dueAfter(schedule, last.at)
    if (due === undefined) return 'fresh'
    const patience = Math.max(graceOf(schedule, now), 2 * (last.tookMs ?? 0)) + schedule.jitterMs
    return due + patience < now ? 'late' : 'fresh'
  } catch {
    // A cron expression that is none has no ticks; the faults of the project say so.
    return 'off'
  }
}

/** The time between the next two ticks, ms; undefined when there are none. */
export function periodOf({ schedule, at }: StageSchedule, now: number): number | undefined {
  try {
    return Math.max(gapOf(schedule, now) ?? 0, at === undefined ? 0 : (gapOf(at, now) ?? 0)) || undefined
  } catch {
    return undefined
  }
}

function dueAfter({ schedule, at }: StageSchedule, time: number): number | undefined {
  const tick = nextCronTick(schedule, time)
  return tick === undefined || at === undefined ? tick : nextCronTick(at, tick - 1)
}

/** A run waits for its turn and takes its time. */
function graceOf(schedule: StageSchedule, now: number): number {
  return Math.min(Math.max((periodOf(schedule, now) ?? 0) / 10, LEAST_GRACE), MOST_GRACE)
}

function gapOf(schedule: CronSchedule, now: number): number | undefined {
  const first = nextCronTick(schedule, now)
  const second = first === undefined ? undefined : nextCronTick(schedule, first)
  return second === undefined ? undefined : second - first!
}
