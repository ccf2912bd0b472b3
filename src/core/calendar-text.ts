import type { CalendarRule, DayTime } from './calendar.ts'
import { parseTimestamp } from './timestamp.ts'

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const

/** Weekdays as they are written, Sunday first. */
export const WEEKDAY_NAMES: readonly string[] = NAMES

const DAY = 86_400_000
const RANGE = /\s*(?:\.\.+|–|\bto\b)\s*/i
const TIME = /^(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})$/i
const YEARLY = /^(\d{2})-(\d{2})$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?$/
const TIME_AT_END = /^(.*?)\s*(\d{1,2}:\d{2}\s*(?:-|–|to)\s*\d{1,2}:\d{2})$/i

/** The number of a weekday's name, from Sunday = 0; undefined when it is none. */
export function parseWeekday(text: string): number | undefined {
  const name = text.trim().toLowerCase()
  const index = NAMES.findIndex((each, at) => each === name || WEEKDAYS[at] === name)
  return index < 0 ? undefined : index
}

/**
 * The rule that a line says, undefined when it says none: a date `2026-12-25`, dates or times `2026-12-24 to 2026-12-26`, days of every year
 * `12-25` and `12-24 to 01-06`, weekdays `sat, sun` and `mon-fri 22:00-06:00`, a time of every day `02:00-04:00`, days of the month `day 1`,
 * `day 1-3`, `last day`.
 */
export function parseCalendarRule(line: string): CalendarRule | undefined {
  const text = line.trim()
  if (text.length > 200) return undefined
  const [from = '', to = from, ...more] = text.split(RANGE)
  if (more.length === 0) {
    const dated = datesRule(from, to) ?? yearlyRule(from, to)
    if (dated !== undefined) return dated
  }
  const timed = TIME_AT_END.exec(text)
  const time = timed === null ? undefined : dayTime(timed[2]!)
  if (timed !== null && time === undefined) return undefined
  const days = (timed?.[1] ?? text).trim().toLowerCase()
  const at = time === undefined ? {} : { time }
  if (days === '' || days === 'daily' || days === 'every day')
    return time === undefined ? undefined : { kind: 'weekly', weekdays: [0, 1, 2, 3, 4, 5, 6], ...at }
  const weekdays = list(days, (part) => range(part, parseWeekday, 7))
  if (weekdays !== undefined) return { kind: 'weekly', weekdays, ...at }
  const monthDays = monthDaysOf(days)
  return monthDays === undefined ? undefined : { kind: 'monthly', days: monthDays, ...at }
}

function datesRule(from: string, to: string): CalendarRule | undefined {
  const [start, end] = [parseTimestamp(from), parseTimestamp(to)]
  if (start === undefined || end === undefined || end < start) return undefined
  if (DATE.test(from) && DATE.test(to)) return { kind: 'days', from: start / DAY, to: end / DAY }
  const isTime = (text: string) => DATE_TIME.test(text) || DATE.test(text)
  if (!isTime(from) || !isTime(to) || end === start) return undefined
  // A range that ends with a day includes that day.
  return { kind: 'span', from: start, to: DATE.test(to) ? end + DAY : end }
}

function yearlyRule(from: string, to: string): CalendarRule | undefined {
  const [start, end] = [monthDay(from), monthDay(to)]
  return start === undefined || end === undefined ? undefined : { kind: 'yearly', from: start, to: end }
}

/** In a leap year, so that 02-29 is a day. */
function monthDay(text: string): number | undefined {
  const match = YEARLY.exec(text)
  if (match === null || parseTimestamp(`2024-${text}`) === undefined) return undefined
  return Number(match[1]) * 100 + Number(match[2])
}

function dayTime(text: string): DayTime | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const minutes = (hour: string | undefined, minute: string | undefined) =>
    Number(minute) > 59 ? Number.NaN : Number(hour) * 60 + Number(minute)
  const [from, to] = [minutes(match[1], match[2]), minutes(match[3], match[4])]
  return from < 24 * 60 && to <= 24 * 60 && from !== to ? { from, to } : undefined
}

function list(text: string, read: (part: string) => readonly number[] | undefined): number[] | undefined {
  const parts = text.split(',').map((part) => read(part.trim()))
  return parts.every((part) => part !== undefined) ? [...new Set(parts.flat())] : undefined
}

/** `mon-fri`, `fri-mon` or `tue`. */
function range(
  part: string,
  read: (text: string) => number | undefined,
  size: number,
): readonly number[] | undefined {
  const [first, last, ...more] = part.split('-').map(read)
  if (first === undefined || more.length > 0 || part.split('-').length > 2) return undefined
  if (!part.includes('-')) return [first]
  if (last === undefined) return undefined
  return Array.from({ length: ((last - first + size) % size) + 1 }, (_, index) => (first + index) % size)
}

function monthDaysOf(text: string): readonly number[] | undefined {
  if (text === 'last day') return [-1]
  const match = /^days?\s+(.+)$/.exec(text)
  if (match === null) return undefined
  return list(match[1]!, (part) => {
    const days = /^(-?\d{1,2})(?:-(\d{1,2}))?$/.exec(part)
    if (days === null) return undefined
    const [first, last] = [Number(days[1]), Number(days[2] ?? days[1])]
    if (first === 0 || Math.abs(first) > 31 || last > 31 || last < first) return undefined
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
