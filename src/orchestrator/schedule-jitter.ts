import { createRandom, hashText } from '../core/random.ts'
import { nextTick, type ScheduledJob } from './schedules.ts'

/** Where the periods of an expression are looked at: the same for every process, whenever it looks. */
const EPOCH = Date.UTC(2024, 0, 1)
/** Periods looked at: enough to see the short one where the minutes of an hour begin anew. */
const LOOKED_AT = 12
const SECOND = 1000
const MINUTE = 60 * SECOND

const periods = new Map<string, number>()

/**
 * By how much the ticks of a schedule are put off, ms: a part of its jitter that follows from the name of its batch alone, so every process computes the same. It
 * is less than the jitter, and less than the shortest time between two ticks: a run is always queued before the tick that follows its own, so that data is never
 * later than a period. All jobs of a batch share that part, so that their order stays. Errors as `nextTick`.
 */
export function jitterOf(
  schedule: Pick<ScheduledJob, 'job' | 'batch' | 'cron' | 'timeZone' | 'jitterMs'>,
): number {
  const { batch, jitterMs } = schedule
  if (jitterMs <= 0 || batch === undefined) return 0
  const everyMinuteAtMost = schedule.cron.trim().split(/\s+/).length === 5
  const limit =
    everyMinuteAtMost && jitterMs <= MINUTE ? jitterMs : Math.min(jitterMs, shortestPeriod(schedule))
  const offset = Math.floor(createRandom(hashText(batch)).next() * limit)
  // What is due in the same second is queued together.
  return limit < MINUTE ? offset : offset - (offset % SECOND)
}

function shortestPeriod(schedule: Parameters<typeof nextTick>[0]): number {
  const key = `${schedule.timeZone}\n${schedule.cron}`
  const known = periods.get(key)
  if (known !== undefined) return known
  let shortest = Number.POSITIVE_INFINITY
  let tick = nextTick(schedule, EPOCH)
  for (let looked = 0; looked < LOOKED_AT && tick !== undefined; looked++) {
    const next = nextTick(schedule, tick)
    if (next !== undefined) shortest = Math.min(shortest, next - tick)
    tick = next
  }
  if (periods.size >= 2_000) periods.clear()
  periods.set(key, shortest)
  return shortest
}
