import { isAbsolute, join } from 'node:path'
import type { CalendarRule } from '../core/calendar.ts'
import { parseCalendarRule } from '../core/calendar-text.ts'
import { parseIcs } from '../core/ics.ts'
import type { Calendars } from './calendar-effects.ts'
import type { Report } from './faults.ts'
import type { Entry, Layer } from './layers.ts'
import { projectPath, readTextFile } from './project-files.ts'

interface CalendarsReading {
  /** Absolute folder of the project. */
  readonly dir: string
  readonly report: Report
}

const FORMS =
  'a date (2026-12-25), dates (2026-12-24 to 2026-12-26), a day of every year (12-25), weekdays (sat, sun), weekdays with a time (mon-fri 22:00-06:00), days of the month (day 1, last day), or an .ics file'

/** Reads the calendars of `anomstack.yaml`: each is a rule, an `.ics` file relative to the project's folder, or a list of these. */
export async function readCalendars(section: Layer, reading: CalendarsReading): Promise<Calendars> {
  const calendars = new Map<string, readonly CalendarRule[]>()
  for (const [name, entry] of section) calendars.set(name, await readCalendar(name, entry, reading))
  return calendars
}

async function readCalendar(
  name: string,
  { value, placeOf }: Entry,
  reading: CalendarsReading,
): Promise<readonly CalendarRule[]> {
  const isList = Array.isArray(value)
  const lines: readonly unknown[] = isList ? value : [value]
  const rules: CalendarRule[] = []
  for (const [index, line] of lines.entries()) {
    const place = placeOf(isList ? [index] : [])
    if (typeof line === 'string' && /\.ics$/i.test(line.trim())) {
      rules.push(...(await readIcsFile(line.trim(), place, reading)))
      continue
    }
    const rule = typeof line === 'string' ? parseCalendarRule(line) : undefined
    if (rule !== undefined) rules.push(rule)
    else
      reading.report(place, {
        message: `calendars.${name}: ${typeof line === 'string' ? `"${line}" is not a rule` : 'expected text'}; write ${FORMS}`,
      })
  }
  return rules
}

async function readIcsFile(
  file: string,
  place: ReturnType<Entry['placeOf']>,
  { dir, report }: CalendarsReading,
): Promise<readonly CalendarRule[]> {
  const path = isAbsolute(file) ? file : join(dir, file)
  let reported = false
  const text = await readTextFile(path, {
    dir,
    optional: true,
    report: (where, complaint) => {
      reported = true
      report(where, complaint)
    },
  })
  if (text === undefined) {
    if (!reported) report(place, { message: `calendars: there is no file ${file} in the project` })
    return []
  }
  const { rules, problems } = parseIcs(text)
  for (const { line, message } of problems)
    report({ file: projectPath(dir, path), line, column: 1 }, { message })
  return rules
}
