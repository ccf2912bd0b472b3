import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { wallTimeToUtc } from '../../src/core/time-zone.ts'
import { isAggregated, learnStep, missingBuckets, periodEnd } from '../../src/timeseries/step.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NEW_YORK = 'America/New_York'
const KOLKATA = 'Asia/Kolkata'

const at = (text: string, timeZone = 'UTC') => wallTimeToUtc(Date.parse(`${text}Z`), timeZone)
const every = (step: number, count: number, from = at('2024-01-01T00:00')) =>
  Float64Array.from({ length: count }, (_, i) => from + i * step)
const days = (count: number, timeZone: string, from = '2024-01-01', each = 1) =>
  Float64Array.from({ length: count }, (_, i) =>
    wallTimeToUtc(Date.parse(`${from}T00:00Z`) + i * each * DAY, timeZone),
  )
const months = (count: number, timeZone: string, each = 1) =>
  Float64Array.from({ length: count }, (_, i) => wallTimeToUtc(Date.UTC(2023, i * each, 1), timeZone))
const without = (timestamps: Float64Array, ...positions: number[]) =>
  timestamps.filter((_, i) => !positions.includes(i))
const iso = (timestamps: Float64Array) =>
  Array.from(timestamps, (time) => new Date(time).toISOString().slice(0, 16))

describe('learnStep', () => {
  it('needs three points', () => {
    expect(learnStep(new Float64Array(0))).toBeUndefined()
    expect(learnStep(every(HOUR, 2))).toBeUndefined()
    expect(learnStep(every(HOUR, 3))).toBe(HOUR)
  })

  it('is not deceived by gaps, even when two points of three are missing', () => {
    const random = createRandom(4)
    expect(learnStep(every(5 * MINUTE, 900).filter(() => random.next() < 0.33))).toBe(5 * MINUTE)
    expect(learnStep(Float64Array.of(0, HOUR, 4 * HOUR))).toBe(HOUR)
  })

  it('finds the step behind jitter', () => {
    const random = createRandom(5)
    const jittered = every(MINUTE, 300).map((time) => time + Math.floor(random.next() * 2500))
    expect(learnStep(jittered)! / MINUTE).toBeCloseTo(1, 1)
    expect(learnStep(every(100, 50))).toBe(100)
  })

  it('is a day over clock changes, weekends and months', () => {
    expect(learnStep(days(300, NEW_YORK))).toBe(DAY)
    expect(learnStep(days(300, 'UTC').filter((time) => new Date(time).getUTCDay() % 6 !== 0))).toBe(DAY)
    expect(learnStep(months(24, 'UTC'))! / DAY).toBeCloseTo(31, 0)
  })

  it('follows a schedule that changed', () => {
    const old = every(HOUR, 2000)
    expect(learnStep(Float64Array.from([...old, ...every(MINUTE, 600, old.at(-1)! + MINUTE)]))).toBe(MINUTE)
  })
})

describe('isAggregated', () => {
  it.each<[string, Float64Array, number, string, boolean]>([
    ['whole hours', every(HOUR, 50), HOUR, 'UTC', true],
    ['whole hours of a half-hour zone', every(HOUR, 50, at('2024-01-01T00:30')), HOUR, KOLKATA, true],
    ['hours at a quarter past', every(HOUR, 50, at('2024-01-01T00:15')), HOUR, 'UTC', false],
    ['whole five minutes', every(5 * MINUTE, 50), 5 * MINUTE, 'UTC', false],
    ['hours with some seconds of jitter', every(HOUR, 50).map((time, i) => time + i), HOUR, 'UTC', false],
    ['six hours', every(6 * HOUR, 50), 6 * HOUR, 'UTC', true],
    ['UTC days', days(50, 'UTC'), DAY, NEW_YORK, true],
    ['local days over a clock change', days(200, NEW_YORK), DAY, NEW_YORK, true],
    ['local days seen from another zone', days(200, NEW_YORK), DAY, 'UTC', false],
    ['days at nine', every(DAY, 50, at('2024-01-01T09:00')), DAY, 'UTC', false],
    ['weeks', days(30, NEW_YORK, '2024-01-01', 7), 7 * DAY, NEW_YORK, true],
    ['four weeks', days(30, 'UTC', '2024-01-01', 28), 28 * DAY, 'UTC', true],
    ['months', months(24, NEW_YORK), 31 * DAY, NEW_YORK, true],
    ['quarters', months(12, 'UTC', 3), 92 * DAY, 'UTC', true],
    ['month ends', months(24, 'UTC').map((time) => time - DAY), 31 * DAY, 'UTC', false],
    ['nothing', new Float64Array(0), DAY, 'UTC', false],
  ])('%s', (_, timestamps, step, timeZone, expected) => {
    expect(isAggregated(timestamps, step, timeZone)).toBe(expected)
  })

  it('forgives one late correction among many, not one in ten', () => {
    const late = (share: number) =>
      every(HOUR, 100).map((time, i) => (i % share === 1 ? time + 7 * MINUTE : time))
    expect(isAggregated(late(50), HOUR, 'UTC')).toBe(true)
    expect(isAggregated(late(10), HOUR, 'UTC')).toBe(false)
  })
})

describe('periodEnd', () => {
  const end = (text: string, step: number, timeZone = 'UTC') =>
    periodEnd(at(text, timeZone), step, { aggregated: true, timeZone })

  it('of an instant reading is the reading itself', () => {
    expect(periodEnd(123, DAY, { aggregated: false, timeZone: 'UTC' })).toBe(123)
  })

  it('of an hour and a day', () => {
    expect(end('2024-03-05T10:00', HOUR)).toBe(at('2024-03-05T11:00'))
    expect(end('2024-02-28T00:00', DAY)).toBe(at('2024-02-29T00:00'))
  })

  it('of days whose clocks change: 23 and 25 hours', () => {
    expect(end('2024-03-10T00:00', DAY, NEW_YORK) - at('2024-03-10T00:00', NEW_YORK)).toBe(23 * HOUR)
    expect(end('2024-11-03T00:00', DAY, NEW_YORK) - at('2024-11-03T00:00', NEW_YORK)).toBe(25 * HOUR)
    expect(end('2024-03-04T00:00', 7 * DAY, NEW_YORK)).toBe(at('2024-03-11T00:00', NEW_YORK))
    // Learned on such a day, the step is still a day.
    expect(end('2024-03-12T00:00', 23 * HOUR, NEW_YORK)).toBe(at('2024-03-13T00:00', NEW_YORK))
  })

  it('of a day in UTC, whatever the time zone', () => {
    const start = at('2024-03-10T00:00')
    expect(periodEnd(start, DAY, { aggregated: true, timeZone: NEW_YORK })).toBe(start + DAY)
  })

  it('of a day whose midnight does not exist', () => {
    const start = at('2024-04-26T01:00', 'Africa/Cairo')
    expect(at('2024-04-26T00:00', 'Africa/Cairo')).toBe(start)
    expect(periodEnd(start, DAY, { aggregated: true, timeZone: 'Africa/Cairo' })).toBe(
      at('2024-04-27T00:00', 'Africa/Cairo'),
    )
  })

  it.each([28, 29, 30, 31])('of a month, learned as %i days', (length) => {
    expect(end('2024-02-01T00:00', length * DAY, NEW_YORK)).toBe(at('2024-03-01T00:00', NEW_YORK))
    expect(end('2024-12-01T00:00', length * DAY)).toBe(at('2025-01-01T00:00'))
  })

  it('of a quarter and a year', () => {
    expect(end('2024-10-01T00:00', 91 * DAY)).toBe(at('2025-01-01T00:00'))
    expect(end('2024-01-01T00:00', 365 * DAY)).toBe(at('2025-01-01T00:00'))
  })

  it('of thirty days that start anywhere in a month', () => {
    expect(end('2024-02-10T00:00', 30 * DAY)).toBe(at('2024-03-11T00:00'))
  })
})

describe('missingBuckets', () => {
  const missing = (timestamps: Float64Array, step: number, until: number, timeZone = 'UTC', max = 100) =>
    iso(missingBuckets(timestamps, step, { until, timeZone, max }))

  it('between points and after the last one, up to and with the one that starts at the end', () => {
    const hours = without(every(HOUR, 6), 2, 3)
    expect(missing(hours, HOUR, at('2024-01-01T07:00'))).toEqual(
      ['02', '03', '06', '07'].map((hour) => `2024-01-01T${hour}:00`),
    )
    expect(missing(hours, HOUR, at('2024-01-01T05:59'))).toHaveLength(2)
    expect(missing(hours, HOUR, at('2024-01-01T02:30'))).toEqual(['2024-01-01T02:00'])
    expect(missing(hours, HOUR, at('2023-12-31T00:00'))).toEqual([])
    expect(missing(new Float64Array(0), HOUR, at('2024-01-01T00:00'))).toEqual([])
  })

  it('only the newest, when there are more than wanted', () => {
    expect(missing(every(HOUR, 1), HOUR, at('2034-01-01T00:00'), 'UTC', 2)).toEqual([
      '2033-12-31T23:00',
      '2034-01-01T00:00',
    ])
    expect(missing(without(every(HOUR, 9), 1, 3, 5, 7), HOUR, at('2024-01-01T08:00'), 'UTC', 3)).toEqual(
      ['03', '05', '07'].map((hour) => `2024-01-01T${hour}:00`),
    )
  })

  it('jitter is not a gap', () => {
    const random = createRandom(6)
    const jittered = every(MINUTE, 400).map((time) => time + Math.floor(random.next() * 20_000))
    expect(missing(jittered, MINUTE, jittered.at(-1)!)).toEqual([])
    expect(missing(without(jittered, 100), MINUTE, jittered.at(-1)!)).toHaveLength(1)
  })

  it('clock changes are not gaps, and a day missing beside one starts at local midnight', () => {
    const year = days(366, NEW_YORK)
    expect(missing(year, DAY, year.at(-1)!, NEW_YORK)).toEqual([])
    // 2024-03-10 and 2024-03-11, of 23 and 24 hours.
    expect(missing(without(year, 69, 70), DAY, year.at(-1)!, NEW_YORK)).toEqual([
      '2024-03-10T05:00',
      '2024-03-11T04:00',
    ])
  })

  it('months are not gaps, and three years of them are counted right', () => {
    const all = months(40, NEW_YORK)
    expect(missing(all, 31 * DAY, all.at(-1)!, NEW_YORK)).toEqual([])
    const ends = Float64Array.of(all[0]!, all[39]!)
    expect(missingBuckets(ends, 31 * DAY, { until: all[39]!, timeZone: NEW_YORK, max: 100 })).toEqual(
      all.slice(1, 39),
    )
  })

  it('bug of the original 2.2: a day without a row is found, as zero or missing, not skipped', () => {
    expect(missing(without(days(10, 'UTC'), 4), DAY, at('2024-01-10T00:00'))).toEqual(['2024-01-05T00:00'])
  })
})
