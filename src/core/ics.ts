import type { CalendarRule } from './calendar.ts'
import { type CalendarEvent, type Recurrence, recursOn } from './calendar-event.ts'
import { wallTimeToUtc, zoneOffset } from './time-zone.ts'
import { parseTimestamp } from './timestamp.ts'

/** What stands in an iCalendar file (RFC 5545), and what of it cannot be used. */
export interface IcsCalendar {
  readonly rules: readonly CalendarRule[]
  readonly problems: readonly IcsProblem[]
}

export interface IcsProblem {
  /** From 1. */
  readonly line: number
  readonly message: string
}

interface Property {
  readonly line: number
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  readonly value: string
}

/** A wall time with its zone; one without a zone is that of whoever looks. */
interface Moment {
  readonly wall: number
  readonly isDay: boolean
  readonly timeZone: string | undefined
}

class Unusable extends Error {}

const DAY = 86_400_000
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const
/** Days that are looked at for the last of so many times. */
const MOST_DAYS = 200 * 366

/** The events of an iCalendar file: all that a VEVENT says of when it is, and comes again. Cancelled ones are left out. */
export function parseIcs(text: string): IcsCalendar {
  const problems: IcsProblem[] = []
  const events: { readonly uid: string; readonly event: CalendarEvent; readonly replaces?: number }[] = []
  const properties = [...readProperties(text)]
  if (!properties.some(({ name, value }) => name === 'BEGIN' && value.toUpperCase() === 'VCALENDAR'))
    return {
      rules: [],
      problems: [{ line: 1, message: 'is not an iCalendar file: it has no BEGIN:VCALENDAR' }],
    }
  for (const own of readEvents(properties)) {
    const line = own[0]?.line ?? 1
    try {
      const event = eventOf(own)
      if (event === undefined) continue
      const replaced = own.find(({ name }) => name === 'RECURRENCE-ID')
      const uid = own.find(({ name }) => name === 'UID')?.value ?? `line ${line}`
      events.push({
        uid,
        event,
        ...(replaced === undefined ? {} : { replaces: wallIn(momentOf(replaced), event.timeZone) }),
      })
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      problems.push({ line, message: error.message })
    }
  }
  const rules = events.map(({ uid, event, replaces }): CalendarRule => {
    // One time of an event that was moved takes the place of the one that the rule gives.
    const moved =
      replaces === undefined
        ? events.flatMap((other) => (other.uid === uid ? (other.replaces ?? []) : []))
        : []
    return {
      kind: 'event',
      event: moved.length === 0 ? event : { ...event, except: [...(event.except ?? []), ...moved] },
    }
  })
  return { rules, problems }
}

/** Lines that go on in the next one begin there with a space or a tab. */
function* readProperties(text: string): Generator<Property> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1
    let whole = lines[index]!
    while (/^[ \t]/.test(lines[index + 1] ?? '')) whole += lines[++index]!.slice(1)
    const match = /^([A-Za-z0-9-]+)((?:;[^:;="]+=(?:"[^"]*"|[^:;"]*)(?:,(?:"[^"]*"|[^:;"]*))*)*):(.*)$/s.exec(
      whole,
    )
    if (match === null) continue
    const [, name = '', parameters = '', value = ''] = match
    yield {
      line,
      name: name.toUpperCase(),
      parameters: new Map(
        [...parameters.matchAll(/;([^:;="]+)=("[^"]*"|[^:;]*)/g)].map(([, key = '', text_ = '']) => [
          key.toUpperCase(),
          text_.replaceAll('"', ''),
        ]),
      ),
      value: value.trim(),
    }
  }
}

/** The properties of each VEVENT, without those of what stands inside it. */
function* readEvents(properties: readonly Property[]): Generator<readonly Property[]> {
  let own: Property[] | undefined
  let inside = 0
  for (const property of properties) {
    const part = property.value.toUpperCase()
    if (own === undefined) {
      if (property.name === 'BEGIN' && part === 'VEVENT') own = []
    } else if (property.name === 'BEGIN') inside++
    else if (property.name === 'END' && inside > 0) inside--
    else if (property.name === 'END') {
      yield own
      own = undefined
    } else if (inside === 0) own.push(property)
  }
}

function eventOf(properties: readonly Property[]): CalendarEvent | undefined {
  const find = (name: string) => properties.find((property) => property.name === name)
  if (find('STATUS')?.value.toUpperCase() === 'CANCELLED') return undefined
  if (find('RDATE') !== undefined) throw new Unusable('RDATE is not understood; write the dates as events')
  const begin = find('DTSTART')
  if (begin === undefined) throw new Unusable('the event has no DTSTART')
  const start = momentOf(begin)
  const duration = durationOf(start, find('DTEND'), find('DURATION'))
  const rule = find('RRULE')
  const except = properties
    .filter(({ name }) => name === 'EXDATE')
    .flatMap((property) => property.value.split(',').map((value) => momentOf({ ...property, value })))
  return {
    start: start.wall,
    duration,
    ...(start.timeZone === undefined ? {} : { timeZone: start.timeZone }),
    ...(rule === undefined ? {} : { recurrence: recurrenceOf(rule.value, start) }),
    // A day that is left out means the time that begins on it.
    ...(except.length === 0
      ? {}
      : {
          except: except.map((each) =>
            each.isDay ? each.wall + (start.wall % DAY) : wallIn(each, start.timeZone),
          ),
        }),
  }
}

function durationOf(start: Moment, end: Property | undefined, length: Property | undefined): number {
  if (end !== undefined) {
    const duration = wallIn(momentOf(end), start.timeZone) - start.wall
    if (duration < 0) throw new Unusable('the event ends before it begins')
    return duration
  }
  if (length === undefined) return start.isDay ? DAY : 0
  const match = /^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(length.value)
  if (match === null) throw new Unusable(`DURATION ${length.value} is not understood`)
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  return ((((weeks! * 7 + days!) * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000
}

/** The wall time of a moment on the clocks of another zone; a time without a zone is one of these. */
function wallIn({ wall, timeZone: own }: Moment, timeZone: string | undefined): number {
  if (own === undefined || timeZone === undefined || own === timeZone) return wall
  const utc = wallTimeToUtc(wall, own)
  return utc + zoneOffset(utc, timeZone)
}

function momentOf({ name, parameters, value }: Pick<Property, 'name' | 'parameters' | 'value'>): Moment {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z)?)?$/i.exec(value)
  const [, year, month, day, hour, minute, second = '00', zulu] = match ?? []
  const wall = parseTimestamp(
    `${year}-${month}-${day}${hour === undefined ? '' : `T${hour}:${minute}:${second}`}`,
  )
  if (match === null || wall === undefined) throw new Unusable(`${name} ${value} is not a time`)
  const timeZone = zulu === undefined ? parameters.get('TZID')?.replace(/^\//, '') : 'UTC'
  if (timeZone !== undefined && !isZone(timeZone))
    throw new Unusable(
      `the time zone "${timeZone}" of ${name} is not known; use an IANA name such as Europe/Berlin`,
    )
  return { wall, isDay: hour === undefined, timeZone: hour === undefined ? undefined : timeZone }
}

function isZone(name: string): boolean {
  try {
    zoneOffset(0, name)
    return true
  } catch {
    return false
  }
}

const PARTS = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTHDAY', 'BYMONTH', 'WKST'])

function recurrenceOf(text: string, start: Moment): Recurrence {
  const parts = new Map(
    text.split(';').map((part) => {
      const [key = '', value = ''] = part.split('=')
      return [key.trim().toUpperCase(), value.trim().toUpperCase()] as const
    }),
  )
  for (const key of parts.keys()) if (!PARTS.has(key)) throw new Unusable(`${key} in RRULE is not understood`)
  const frequency = FREQUENCIES.find((each) => each === parts.get('FREQ'))
  if (frequency === undefined)
    throw new Unusable(`FREQ=${parts.get('FREQ') ?? ''} in RRULE is not one of ${FREQUENCIES.join(', ')}`)
  const numbers = (key: string, most: number) =>
    parts
      .get(key)
      ?.split(',')
      .map((each) => {
        const number = Number(each)
        if (!Number.isInteger(number) || number === 0 || Math.abs(number) > most)
          throw new Unusable(`${key}=${each} in RRULE is not understood`)
        return number
      })
  const interval = numbers('INTERVAL', 10_000)?.[0] ?? 1
  const [count] = numbers('COUNT', 100_000) ?? []
  if (interval < 1 || (count ?? 1) < 1) throw new Unusable('INTERVAL and COUNT in RRULE are at least 1')
  if (parts.has('WKST') && parts.get('WKST') !== 'MO' && frequency === 'WEEKLY' && interval > 1)
    throw new Unusable('WKST in RRULE is not understood where it is not MO')
  const [byDay, byMonthDay, byMonth] = [
    byDayOf(parts.get('BYDAY')),
    numbers('BYMONTHDAY', 31),
    numbers('BYMONTH', 12),
  ]
  if (frequency === 'YEARLY' && byDay?.some(({ place }) => place !== undefined) && byMonth === undefined)
    throw new Unusable('places in BYDAY of a yearly RRULE need BYMONTH')
  const recurrence: Recurrence = {
    frequency,
    interval,
    ...(byDay === undefined ? {} : { byDay }),
    ...(byMonthDay === undefined ? {} : { byMonthDay }),
    ...(byMonth === undefined ? {} : { byMonth }),
  }
  const until = parts.get('UNTIL')
  if (until !== undefined) return { ...recurrence, until: untilOf(until, start) }
  return count === undefined ? recurrence : { ...recurrence, until: lastOf(recurrence, start, count) }
}

function byDayOf(text: string | undefined): Recurrence['byDay'] {
  return text?.split(',').map((each) => {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(each)
    if (match === null) throw new Unusable(`BYDAY=${each} in RRULE is not understood`)
    const weekday = WEEKDAYS.indexOf(match[2]!)
    return match[1] === undefined ? { weekday } : { weekday, place: Number(match[1]) }
  })
}

/** In the wall time of the start. A day means all of it. */
function untilOf(text: string, { timeZone }: Moment): number {
  const until = momentOf({ name: 'UNTIL', parameters: new Map(), value: text })
  return until.isDay ? until.wall + DAY - 1 : wallIn(until, timeZone)
}

/** The start of the last of so many times. */
function lastOf(recurrence: Recurrence, { wall }: Moment, count: number): number {
  const first = Math.floor(wall / DAY)
  let left = count
  for (let day = first; day < first + MOST_DAYS; day++)
    if (recursOn(recurrence, first, day) && --left === 0) return wall + (day - first) * DAY
  return Number.POSITIVE_INFINITY
}
