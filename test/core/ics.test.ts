import { describe, expect, it } from 'vitest'
import { calendarHolds } from '../../src/core/calendar.ts'
import { parseIcs } from '../../src/core/ics.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'

const calendar = (...events: readonly string[][]) =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    ...events.flatMap((lines) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT']),
    'END:VCALENDAR',
  ].join('\r\n')

/** Days from the first on, of so many, on which the calendar holds at a time. */
function daysOf(
  text: string,
  { from = '2026-01-01', count = 366, time = '12:00', zone = 'UTC' } = {},
): string[] {
  const { rules, problems } = parseIcs(text)
  expect(problems).toEqual([])
  const first = parseTimestamp(from)!
  return Array.from({ length: count }, (_, day) =>
    new Date(first + day * 86_400_000).toISOString().slice(0, 10),
  ).filter((day) => calendarHolds(rules, parseTimestamp(`${day} ${time}`, zone)!, zone))
}

describe('parseIcs', () => {
  it('reads days, whose end is the day after', () => {
    const text = calendar(
      ['DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'],
      ['DTSTART;VALUE=DATE:20260501'],
    )
    expect(daysOf(text)).toEqual(['2026-05-01', '2026-12-24', '2026-12-25', '2026-12-26'])
  })

  it('reads times with an end or a length, in UTC, in a zone, or in that of whoever looks', () => {
    const berlin = calendar(['DTSTART;TZID=Europe/Berlin:20260701T080000', 'DURATION:PT2H'])
    const utc = calendar(['DTSTART:20260701T060000Z', 'DTEND:20260701T080000Z'])
    for (const text of [berlin, utc]) {
      const { rules } = parseIcs(text)
      const holds = (hour: number, minute: number) =>
        calendarHolds(rules, Date.UTC(2026, 6, 1, hour, minute), 'America/New_York')
      expect([holds(5, 59), holds(6, 0), holds(7, 59), holds(8, 0)]).toEqual([false, true, true, false])
    }
    const floating = parseIcs(calendar(['DTSTART:20260701T080000', 'DTEND:20260701T100000'])).rules
    expect(calendarHolds(floating, Date.UTC(2026, 6, 1, 6), 'Europe/Berlin')).toBe(true)
    expect(calendarHolds(floating, Date.UTC(2026, 6, 1, 6), 'UTC')).toBe(false)
  })

  it.each<[string, string, string[]]>([
    ['every year', 'FREQ=YEARLY', ['2026-01-31', '2027-01-31']],
    ['every other month', 'FREQ=MONTHLY;INTERVAL=2;COUNT=3', ['2026-01-31', '2026-03-31', '2026-05-31']],
    ['the last day of a month', 'FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2', ['2026-01-31', '2026-02-28']],
    ['the first Monday', 'FREQ=MONTHLY;BYDAY=1MO;UNTIL=20260301', ['2026-02-02']],
    ['the last Friday', 'FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260331T120000Z', ['2026-02-27', '2026-03-27']],
    [
      'every other week',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;COUNT=4',
      ['2026-01-31', '2026-02-01', '2026-02-14', '2026-02-15'],
    ],
    ['every week on the same day', 'FREQ=WEEKLY;COUNT=2', ['2026-01-31', '2026-02-07']],
    ['every third day', 'FREQ=DAILY;INTERVAL=3;COUNT=3', ['2026-01-31', '2026-02-03', '2026-02-06']],
    [
      'a day of some months',
      'FREQ=YEARLY;BYMONTH=2,4;BYDAY=2SU;UNTIL=20261231',
      ['2026-02-08', '2026-04-12'],
    ],
  ])('reads what comes again: %s', (_, rule, days) => {
    const text = calendar(['DTSTART;VALUE=DATE:20260131', `RRULE:${rule}`])
    expect(daysOf(text, { count: 400 })).toEqual(days)
  })

  it('reads events that go over midnight, and several days', () => {
    const night = calendar(['DTSTART:20260102T220000', 'DTEND:20260103T060000', 'RRULE:FREQ=WEEKLY;COUNT=2'])
    expect(daysOf(night, { time: '05:00' })).toEqual(['2026-01-03', '2026-01-10'])
    expect(daysOf(night, { time: '23:00' })).toEqual(['2026-01-02', '2026-01-09'])
    const long = calendar(['DTSTART;VALUE=DATE:20260105', 'DTEND;VALUE=DATE:20260108', 'RRULE:FREQ=YEARLY'])
    expect(daysOf(long, { from: '2027-01-01' })).toEqual(['2027-01-05', '2027-01-06', '2027-01-07'])
  })

  it('stays at the same time of the clock when clocks change', () => {
    const { rules } = parseIcs(
      calendar(['DTSTART;TZID=Europe/Berlin:20260301T080000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY']),
    )
    for (const day of ['2026-03-28', '2026-03-29', '2026-10-25', '2026-10-26'])
      for (const [time, expected] of [
        ['07:59', false],
        ['08:30', true],
        ['09:00', false],
      ] as const)
        expect([
          day,
          time,
          calendarHolds(rules, parseTimestamp(`${day} ${time}`, 'Europe/Berlin')!, 'UTC'),
        ]).toEqual([day, time, expected])
  })

  it('leaves out days that are excepted, moved or cancelled', () => {
    const text = calendar(
      ['UID:1', 'DTSTART;VALUE=DATE:20260105', 'RRULE:FREQ=WEEKLY;COUNT=4', 'EXDATE;VALUE=DATE:20260112'],
      ['UID:1', 'RECURRENCE-ID;VALUE=DATE:20260119', 'DTSTART;VALUE=DATE:20260120'],
      ['UID:2', 'STATUS:CANCELLED', 'DTSTART;VALUE=DATE:20260201'],
    )
    expect(daysOf(text)).toEqual(['2026-01-05', '2026-01-20', '2026-01-26'])
  })

  it('takes folded lines, other line ends, parameters in quotes, and alarms inside events', () => {
    const text = `\uFEFF${calendar([
      'SUMMARY:a: b',
      'DTSTART;X-NOTE="a:b;c";VALUE=D',
      ' ATE:202605',
      '\t01',
      'BEGIN:VALARM',
      'DTSTART:nonsense',
      'END:VALARM',
    ]).replaceAll('\r\n', '\n')}`
    expect(daysOf(text)).toEqual(['2026-05-01'])
  })

  it.each<[string[], string]>([
    [['SUMMARY:x'], 'the event has no DTSTART'],
    [['DTSTART:soon'], 'DTSTART soon is not a time'],
    [['DTSTART:20261345'], 'DTSTART 20261345 is not a time'],
    [['DTSTART;TZID=W. Europe Standard Time:20260101T000000'], 'the time zone "W. Europe Standard Time"'],
    [['DTSTART:20260102', 'DTEND:20260101'], 'the event ends before it begins'],
    [['DTSTART:20260102', 'DURATION:1 day'], 'DURATION 1 day is not understood'],
    [['DTSTART:20260102', 'RRULE:FREQ=HOURLY'], 'FREQ=HOURLY in RRULE is not one of'],
    [['DTSTART:20260102', 'RRULE:FREQ=DAILY;BYSETPOS=1'], 'BYSETPOS in RRULE is not understood'],
    [['DTSTART:20260102', 'RRULE:FREQ=DAILY;INTERVAL=0'], 'INTERVAL=0 in RRULE is not understood'],
    [['DTSTART:20260102', 'RRULE:FREQ=WEEKLY;BYDAY=XX'], 'BYDAY=XX in RRULE is not understood'],
    [['DTSTART:20260102', 'RDATE:20260103'], 'RDATE is not understood'],
  ])('says what it cannot use: %j', (lines, message) => {
    const { rules, problems } = parseIcs(calendar(['DTSTART;VALUE=DATE:20260501'], lines))
    expect(rules).toHaveLength(1)
    expect(problems).toEqual([{ line: 7, message: expect.stringContaining(message) }])
  })

  it('says what is no calendar', () => {
    expect(parseIcs('hello').problems[0]?.message).toContain('BEGIN:VCALENDAR')
    expect(parseIcs('').problems).toHaveLength(1)
    expect(parseIcs(calendar())).toEqual({ rules: [], problems: [] })
  })
})
