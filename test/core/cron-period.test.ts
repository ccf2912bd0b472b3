import { describe, expect, it } from 'vitest'
import { longestCronPeriod } from '../../src/core/cron-period.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('the longest that a schedule is without a tick', () => {
  it.each([
    ['*/10 * * * * *', 10_000],
    ['*/3 * * * *', 3 * MINUTE],
    ['7 * * * *', HOUR],
    ['30 */7 * * *', 7 * HOUR],
    ['0 9 * * *', DAY],
    ['0 9 * * 1-5', 3 * DAY],
    ['0 0 1 * *', 31 * DAY],
    ['0 0 1 1 *', 366 * DAY],
  ])('%s', (cron, period) => {
    expect(longestCronPeriod({ cron, timeZone: 'UTC' })).toBe(period)
  })

  it('finds nights and weekends to the hour where ticks are close', () => {
    const period = longestCronPeriod({ cron: '*/5 9-17 * * 1-5', timeZone: 'Europe/Berlin' }) ?? 0
    const pause = 2 * DAY + 15 * HOUR + 5 * MINUTE
    expect(period).toBeLessThanOrEqual(pause)
    expect(period).toBeGreaterThan(pause - HOUR)
  })

  it('is not known of a schedule that hardly ever ticks', () => {
    expect(longestCronPeriod({ cron: '0 0 31 2 *', timeZone: 'UTC' })).toBeUndefined()
  })

  it('is the same when asked again', () => {
    const schedule = { cron: '0 9 * * *', timeZone: 'Asia/Tokyo' }
    expect(longestCronPeriod({ ...schedule })).toBe(longestCronPeriod(schedule))
  })
})
