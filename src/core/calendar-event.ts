import { zoneOffset } from './time-zone.ts'

/** How an event comes again, the part of RFC 5545 (RRULE) that tells days. */
export interface Recurrence {
  readonly frequency: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY'
  readonly interval: number
  /** Weekdays, Sunday is 0; with a place, that of the month: 1 the first, −1 the last. */
  readonly byDay?: readonly { readonly weekday: number; readonly place?: number }[]
  /** Days of the month; −1 is the last. */
  readonly byMonthDay?: readonly number[]
  /** Months, from 1. */
  readonly byMonth?: readonly number[]
  /** No start after this wall time, ms. */
  readonly until?: number
}

/** An event with wall times, as if they were UTC, ms. */
export interface CalendarEvent {
  readonly start: number
  /** ms. */
  readonly duration: number
  /** Of its wall times; that of whoever looks when absent. */
  readonly timeZone?: string
  readonly recurrence?: Recurrence
  /** Starts that are left out, wall times. */
  readonly except?: readonly number[]
}

const DAY = 86_400_000
/** Of a longer event only the first such time counts: each day before has to be looked at. */
const LONGEST = 400 * DAY

/** Whether the event, or one of those that it comes again as, covers a moment, UTC epoch ms. */
export function eventCovers(event: CalendarEvent, timestamp: number, timeZone: string): boolean {
  const wall = timestamp + zoneOffset(timestamp, event.timeZone ?? timeZone)
  const duration = Math.min(event.duration, LONGEST)
  if (wall < event.start) return false
  if (event.recurrence === undefined) return wall < event.start + duration && !isExcept(event, event.start)
  const timeOfDay = event.start - Math.floor(event.start / DAY) * DAY
  const newest = Math.floor((wall - timeOfDay) / DAY)
  for (let day = newest; day * DAY + timeOfDay + duration > wall; day--)
    if (startsOn(event, event.recurrence, day)) return true
  return false
}

function isExcept({ except }: CalendarEvent, start: number): boolean {
  return except?.includes(start) === true
}

/** Whether an event starts on a day, days since 1970-01-01. */
function startsOn(event: CalendarEvent, recurrence: Recurrence, day: number): boolean {
  const first = Math.floor(event.start / DAY)
  const start = event.start + (day - first) * DAY
  if (start < event.start || start > (recurrence.until ?? Number.POSITIVE_INFINITY)) return false
  return recursOn(recurrence, first, day) && !isExcept(event, start)
}

interface CalendarDate {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly date: number
  readonly weekday: number
  readonly monthDays: number
}

function dateOf(day: number): CalendarDate {
  const date = new Date(day * DAY)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return {
    year,
    month: month + 1,
    date: date.getUTCDate(),
    weekday: date.getUTCDay(),
    monthDays: new Date(Date.UTC(year, month + 1, 0)).getUTCDate(),
  }
}

/** Whether what begins on the day `first` comes again on `day`, by everything but its end. */
export function recursOn(recurrence: Recurrence, first: number, day: number): boolean {
  const { frequency, interval, byMonth } = recurrence
  const from = dateOf(first)
  const at = dateOf(day)
  if (byMonth !== undefined && !byMonth.includes(at.month)) return false
  switch (frequency) {
    case 'DAILY':
      return (day - first) % interval === 0 && onDay(recurrence, at) && onMonthDay(recurrence, at)
    case 'WEEKLY': {
      // Weeks begin on Monday; 1970-01-01 was a Thursday.
      const weeks = Math.floor((day + 3) / 7) - Math.floor((first + 3) / 7)
      return (
        weeks % interval === 0 &&
        (recurrence.byDay === undefined ? at.weekday === from.weekday : onDay(recurrence, at))
      )
    }
    case 'MONTHLY': {
      const months = (at.year - from.year) * 12 + at.month - from.month
      return months % interval === 0 && onDayOfMonth(recurrence, at, from)
    }
    case 'YEARLY':
      return (
        (at.year - from.year) % interval === 0 &&
        (byMonth !== undefined || at.month === from.month) &&
        onDayOfMonth(recurrence, at, from)
      )
  }
}

function onDayOfMonth(recurrence: Recurrence, at: CalendarDate, from: CalendarDate): boolean {
  if (recurrence.byDay === undefined && recurrence.byMonthDay === undefined) return at.date === from.date
  return onDay(recurrence, at) && onMonthDay(recurrence, at)
}

function onMonthDay({ byMonthDay }: Recurrence, { date, monthDays }: CalendarDate): boolean {
  return byMonthDay === undefined || byMonthDay.includes(date) || byMonthDay.includes(date - monthDays - 1)
}

function onDay({ byDay }: Recurrence, { weekday, date, monthDays }: CalendarDate): boolean {
  if (byDay === undefined) return true
  const fromStart = Math.ceil(date / 7)
  const fromEnd = -Math.ceil((monthDays - date + 1) / 7)
  return byDay.some(
    (each) =>
      each.weekday === weekday &&
      (each.place === undefined || each.place === fromStart || each.place === fromEnd),
  )
}
