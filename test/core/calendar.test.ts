import { describe, expect, it } from 'vitest'
import { calendarHolds, localTime, weekdayAt } from '../../src/core/calendar.ts'
import { parseCalendarRule, parseWeekday } from '../../src/core/calendar-text.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'

const BERLIN = 'Europe/Berlin'

/** Whether a rule holds at a wall time of a zone. */
function holds(text: string, at: string, timeZone = 'UTC'): boolean {
  const rule = parseCalendarRule(text)
  if (rule === undefined) throw new Error(`"${text}" is no rule`)
  return calendarHolds([rule], parseTimestamp(at, timeZone)!, timeZone)
}

describe('rules of a calendar', () => {
  it.each<[string, string[], string[]]>([
    ['2026-12-25', ['2026-12-25', '2026-12-25 23:59'], ['2026-12-24 23:59', '2026-12-26', '2025-12-25']],
    ['2026-12-24 to 2026-12-26', ['2026-12-24', '2026-12-26 23:59'], ['2026-12-23 23:59', '2026-12-27']],
    ['2026-12-24..2026-12-26', ['2026-12-25'], ['2026-12-27']],
    [
      '2026-03-01 22:00 to 2026-03-02 06:00',
      ['2026-03-01 22:00', '2026-03-02 05:59'],
      ['2026-03-01 21:59', '2026-03-02 06:00'],
    ],
    ['2026-03-01 22:00 to 2026-03-02', ['2026-03-02 23:59'], ['2026-03-03']],
    ['12-25', ['2020-12-25 12:00', '2031-12-25'], ['2026-12-26']],
    ['12-31 to 01-02', ['2025-12-31', '2026-01-01', '2026-01-02 23:00'], ['2026-01-03', '2026-12-30']],
    ['02-29', ['2024-02-29'], ['2025-02-28', '2025-03-01']],
    ['sat, sun', ['2026-11-28', '2026-11-29 23:59'], ['2026-11-27 23:59', '2026-11-30']],
    ['Monday', ['2026-11-30'], ['2026-12-01']],
    [
      'mon-fri 22:00-06:00',
      ['2026-11-30 22:00', '2026-12-01 05:59', '2026-11-28 03:00'],
      ['2026-11-30 05:00', '2026-11-28 22:30', '2026-11-30 12:00'],
    ],
    ['fri-mon', ['2026-11-27', '2026-11-30'], ['2026-12-01']],
    ['02:00-04:00', ['2026-11-30 02:00', '2026-11-30 03:59:59'], ['2026-11-30 04:00', '2026-11-30 01:59']],
    ['daily 22:00-24:00', ['2026-11-30 23:59'], ['2026-12-01 00:00', '2026-11-30 21:59']],
    ['day 1-3, 15', ['2026-11-01', '2026-11-03 23:59', '2026-11-15'], ['2026-11-04', '2026-11-14']],
    ['last day', ['2026-11-30', '2024-02-29'], ['2026-11-29', '2024-02-28']],
    ['day -2', ['2026-11-29'], ['2026-11-30']],
    ['day 1 22:00-06:00', ['2026-11-01 22:00', '2026-11-02 05:00'], ['2026-11-01 05:00', '2026-11-02 22:00']],
  ])('%s', (rule, inside, outside) => {
    for (const at of inside) expect([at, holds(rule, at)]).toEqual([at, true])
    for (const at of outside) expect([at, holds(rule, at)]).toEqual([at, false])
  })

  it.each([
    '',
    'someday',
    '2026-13-01',
    '2026-12-26 to 2026-12-24',
    '13-01',
    '02-30',
    'mon-',
    'mon-fri-sun',
    'mon 25:00-26:00',
    'mon 08:00',
    '08:00-08:00',
    '08:61-09:00',
    'day 0',
    'day 32',
    'day 5-2',
    'daily',
    '2026-03-01 22:00',
    'x'.repeat(500),
  ])('%j is none', (text) => {
    expect(parseCalendarRule(text)).toBeUndefined()
  })

  it('go by the clocks of the zone, through both nights when these change', () => {
    // 02:00 becomes 03:00 on 2026-03-29, and 03:00 becomes 02:00 on 2026-10-25.
    for (const day of ['2026-03-28', '2026-03-29', '2026-10-24', '2026-10-25']) {
      expect(holds('01:30-05:00', `${day} 01:30`, BERLIN)).toBe(true)
      expect(holds('01:30-05:00', `${day} 04:59`, BERLIN)).toBe(true)
      expect(holds('01:30-05:00', `${day} 05:00`, BERLIN)).toBe(false)
      expect(holds('01:30-05:00', `${day} 01:29`, BERLIN)).toBe(false)
    }
    const hours = (day: string) => {
      const start = parseTimestamp(day, BERLIN)!
      let count = 0
      for (let hour = 0; hour < 48; hour++)
        if (calendarHolds([parseCalendarRule(day)!], start + hour * 3_600_000, BERLIN)) count++
      return count
    }
    expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25')]).toEqual([24, 23, 25])
  })

  it('hold nowhere where there are none', () => {
    expect(calendarHolds([], 0, 'UTC')).toBe(false)
  })
})

describe('localTime', () => {
  it('tells day, weekday and time in the zone', () => {
    expect(localTime(Date.UTC(2026, 10, 29, 23, 30), BERLIN)).toMatchObject({
      weekday: 1,
      minute: 30,
      dayOfMonth: 30,
      dayFromEnd: -1,
      month: 11,
    })
  })
})

describe('weekdayAt', () => {
  const holidays = [parseCalendarRule('12-25')!]

  it('is the weekday of the zone', () => {
    expect(weekdayAt(Date.UTC(2026, 10, 29, 23, 30), { timeZone: BERLIN, exceptions: [] })).toBe(1)
    expect(weekdayAt(Date.UTC(2026, 10, 29, 22, 30), { timeZone: BERLIN, exceptions: [] })).toBe(0)
  })

  it('is another where a calendar says so', () => {
    const exceptions = [{ rules: holidays, as: parseWeekday('Sunday')! }]
    const at = (text: string) => weekdayAt(parseTimestamp(text, BERLIN)!, { timeZone: BERLIN, exceptions })
    expect(at('2026-12-25 12:00')).toBe(0)
    expect(at('2026-12-24 12:00')).toBe(4)
  })
})

it('weekdays have names', () => {
  expect(['sun', 'Mon', ' friday ', 'SAT', 'day', ''].map(parseWeekday)).toEqual([
    0,
    1,
    5,
    6,
    undefined,
    undefined,
  ])
})
