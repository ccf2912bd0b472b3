import { LRUCache } from 'lru-cache'
import { type CronSchedule, nextCronTick } from './cron.ts'

const HOUR = 3_600_000
const YEAR = 366 * 24 * HOUR
/** A Thursday; the result is to be the same whenever it is asked for. */
const START = Date.UTC(2026, 0, 1)
/** Enough hours for what differs between days of a week, enough ticks for what differs between months. */
const LOOKS = 250

/** Many batches have few different expressions; 0 for no period. */
const known = new LRUCache<string, number>({ max: 2_000 })

/**
 * The longest that a schedule usually is without a tick, ms: a day for `0 9 * * *`, and three for `0 9 * * 1-5`. Of schedules that tick more often than hourly, a
 * pause is found to the hour. Undefined for a schedule with less than two ticks in five years. Throws what `nextCronTick` throws.
 */
export function longestCronPeriod(schedule: CronSchedule): number | undefined {
  const key = `${schedule.timeZone}\n${schedule.cron}`
  const period = known.get(key) ?? measure(schedule)
  known.set(key, period)
  return period === 0 ? undefined : period
}

function measure(schedule: CronSchedule): number {
  let longest = 0
  let from = nextCronTick(schedule, START)
  for (let look = 0; look < LOOKS && from !== undefined && from < START + 5 * YEAR; look++) {
    const tick = nextCronTick(schedule, from)
    if (tick === undefined) break
    longest = Math.max(longest, tick - from)
    // Where ticks are close, the next look is an hour on: between two ticks, or in a pause, which shows as the way to its end.
    from = Math.max(tick, from + HOUR)
  }
  return longest
}
