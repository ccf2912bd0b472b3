import { describe, expect, it } from 'vitest'
import { calendarAt, weekdayExceptions } from '../../src/config/calendar-effects.ts'
import { batchText, faultLines, load } from './project-folder.ts'

const CALENDARS = [
  'calendars:',
  '  holidays: ["12-25", 2026-04-03]',
  '  nights: mon-fri 22:00-06:00',
  '  company: [calendars/company.ics, last day]',
].join('\n')
const ICS = [
  'BEGIN:VCALENDAR',
  'BEGIN:VEVENT',
  'DTSTART;VALUE=DATE:20260501',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\n')

const used = (...lines: string[]) => batchText('time_zone: Europe/Berlin', 'calendars:', ...lines)

describe('calendars', () => {
  it('are named in anomstack.yaml and used by batches, in the time zone of these', async () => {
    const project = await load({
      'anomstack.yaml': CALENDARS,
      'calendars/company.ics': ICS,
      'metrics/sales.yaml': used(
        '  - {use: holidays, effect: mute}',
        '  - {use: company, effect: skip_training}',
        '  - {use: nights, effect: mute}',
        '  - {use: holidays, effect: as_weekday, as: sun}',
      ),
    })
    expect(faultLines(project)).toEqual([])
    const batch = project.batches.get('sales')!
    const muted = calendarAt(batch, 'mute')!
    expect(muted(Date.UTC(2026, 11, 24, 23))).toBe('holidays')
    expect(muted(Date.UTC(2026, 11, 25, 23))).toBe('nights')
    expect(muted(Date.UTC(2026, 11, 24, 20, 59))).toBeUndefined()
    expect(calendarAt(batch, 'skip_training')!(Date.UTC(2026, 3, 30, 12))).toBe('company')
    expect(calendarAt(batch, 'skip_training')!(Date.UTC(2026, 4, 1, 12))).toBe('company')
    expect(weekdayExceptions(batch).map(({ as }) => as)).toEqual([0])
  })

  it('of a batch that uses none tell nothing', async () => {
    const project = await load({
      'anomstack.yaml': CALENDARS,
      'calendars/company.ics': ICS,
      'metrics/sales.yaml': batchText(),
    })
    const batch = project.batches.get('sales')!
    expect(calendarAt(batch, 'mute')).toBeUndefined()
    expect(weekdayExceptions(batch)).toEqual([])
  })

  it('with faults say where', async () => {
    const project = await load({
      'anomstack.yaml': 'calendars:\n  a: [someday, 12-25]\n  b: none.ics\n  c: 5\n  d: broken.ics\n',
      'broken.ics': `${ICS}\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\n`,
      'metrics/sales.yaml': batchText(),
    })
    expect(faultLines(project)).toEqual([
      expect.stringMatching(
        /^anomstack\.yaml:2:7: error: calendars\.a: "someday" is not a rule; write a date/,
      ),
      'anomstack.yaml:3:6: error: calendars: there is no file none.ics in the project',
      expect.stringMatching(/^anomstack\.yaml:4:6: error: calendars\.c: expected text; write/),
      'broken.ics:7:1: error: DTSTART soon is not a time',
    ])
  })

  it.each<[string, string]>([
    [
      '  - {use: holiday, effect: mute}',
      'metrics/sales.yaml:5:11: error: calendars: unknown calendar "holiday"; known: holidays, nights, company (did you mean holidays?)',
    ],
    [
      '  - {use: nights, effect: as_weekday}',
      'metrics/sales.yaml:5:5: error: calendars: as_weekday needs as, the weekday to take its days for, such as sunday',
    ],
    [
      '  - {use: nights, effect: as_weekday, as: sundae}',
      'metrics/sales.yaml:5:43: error: calendars: "sundae" is not a weekday (did you mean sunday?)',
    ],
    [
      '  - {use: nights, effect: mute, as: sun}',
      'metrics/sales.yaml:5:37: error: calendars: as has no meaning with mute; leave it out',
    ],
    [
      '  - {use: nights, effect: muted}',
      'metrics/sales.yaml:5:27: error: calendars[0].effect: expected one of mute, skip_training, as_weekday (did you mean mute?)',
    ],
  ])('that a batch cannot use: %s', async (line, fault) => {
    const project = await load({
      'anomstack.yaml': CALENDARS,
      'calendars/company.ics': ICS,
      'metrics/sales.yaml': used(line),
    })
    expect(faultLines(project)).toEqual([fault])
  })
})
