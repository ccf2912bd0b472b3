import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTime, timeTicks } from '../../src/charts/time-ticks.ts'
import { instantOf, knownTimeZone, wallTime } from '../../src/charts/time-zone.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2024, 2, 4, 9, 12)
const labels = (span: number, timeZone = 'UTC', start = START) =>
  timeTicks(start, start + span, { count: 7, timeZone }).map(({ label }) => label)

describe('timeTicks', () => {
  it.each([
    [
      'seconds',
      30_000,
      ['Mar 4, 09:12:00', '09:12:05', '09:12:10', '09:12:15', '09:12:20', '09:12:25', '09:12:30'],
    ],
    ['minutes', 12 * MINUTE, ['Mar 4, 09:12', '09:14', '09:16', '09:18', '09:20', '09:22', '09:24']],
    ['hours', 20 * HOUR, ['Mar 4, 12:00', '15:00', '18:00', '21:00', 'Mar 5', '03:00'].with(0, '12:00')],
    ['days', 6 * DAY, ['Mar 5, 2024', 'Mar 6', 'Mar 7', 'Mar 8', 'Mar 9', 'Mar 10']],
    ['weeks', 40 * DAY, ['Mar 8, 2024', 'Mar 15', 'Mar 22', 'Apr 1', 'Apr 8']],
    ['months', 300 * DAY, ['May', 'Jul', 'Sep', 'Nov'].with(0, 'May, 2024')],
    ['months over a new year', 365 * DAY, ['May', 'Jul', 'Sep', 'Nov', '2025', 'Mar']],
    ['years', 2000 * DAY, ['2025', '2026', '2027', '2028', '2029']],
  ])('of %s', (_name, span, expected) => {
    expect(labels(span)).toEqual(expected)
  })

  it('stand at round times of the zone', () => {
    expect(labels(3 * DAY, 'Asia/Kolkata')).toContain('Mar 5')
    const midnights = timeTicks(START, START + 6 * DAY, { count: 7, timeZone: 'Asia/Kolkata' })
    for (const { timestamp } of midnights) expect(formatTime(timestamp, 'Asia/Kolkata')).toMatch(/ 00:00$/)
  })

  it.each([
    ['the spring gap', Date.UTC(2024, 2, 30, 23)],
    ['the repeated hour', Date.UTC(2024, 9, 26, 22)],
  ])('ascend over %s', (_name, start) => {
    const ticks = timeTicks(start, start + 8 * HOUR, { count: 12, timeZone: 'Europe/Berlin' })
    expect(ticks.length).toBeGreaterThan(5)
    for (let index = 1; index < ticks.length; index++)
      expect(ticks[index]!.timestamp).toBeGreaterThan(ticks[index - 1]!.timestamp)
  })

  it('are few, ascend and keep within any span', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'Asia/Kathmandu',
      'America/St_Johns',
      'Pacific/Apia',
    )
    const start = fc.integer({ min: Date.UTC(-200, 0), max: Date.UTC(3000, 0) })
    const span = fc.oneof(
      fc.integer({ min: 1, max: 10 * HOUR }),
      fc.integer({ min: HOUR, max: 400 * 365 * DAY }),
    )
    fc.assert(
      fc.property(start, span, zones, fc.integer({ min: 2, max: 15 }), (from, length, timeZone, count) => {
        const ticks = timeTicks(from, from + length, { count, timeZone })
        expect(ticks.length).toBeLessThanOrEqual(count * 2 + 2)
        for (const [index, { timestamp, label }] of ticks.entries()) {
          expect(timestamp).toBeGreaterThanOrEqual(from)
          expect(timestamp).toBeLessThanOrEqual(from + length)
          expect(label).not.toMatch(/undefined|NaN/)
          if (index > 0) expect(timestamp).toBeGreaterThan(ticks[index - 1]!.timestamp)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('are none where there is no span, or no date', () => {
    expect(timeTicks(5, 5, { count: 5, timeZone: 'UTC' })).toEqual([])
    expect(timeTicks(-1e300, 1e300, { count: 5, timeZone: 'UTC' })).toEqual([])
    expect(formatTime(Number.NaN, 'UTC')).toBe('')
  })
})

describe('time zone', () => {
  it('of an unknown name is UTC', () => {
    expect(knownTimeZone('Mars/Olympus')).toBe('UTC')
    expect(knownTimeZone(undefined)).toBe('UTC')
    expect(knownTimeZone('Europe/Berlin')).toBe('Europe/Berlin')
  })

  it('goes from an instant to the wall and back, but for the hour that comes twice', () => {
    const hours = Array.from({ length: 366 * 24 }, (_, hour) => Date.UTC(2024, 0, 1, hour))
    const wrong = hours.filter((utc) => instantOf(wallTime(utc, 'Europe/Berlin'), 'Europe/Berlin') !== utc)
    expect(wrong.map((utc) => new Date(utc).toISOString())).toEqual(['2024-10-27T01:00:00.000Z'])
  })
})
