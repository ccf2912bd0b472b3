import { type CalendarEvent, eventCovers } from './calendar-event.ts'
import { zoneOffset } from './time-zone.ts'

/** A stretch of every day that it holds for, minutes since midnight; one whose end is not after its start goes on to the next day. */
export interface DayTime {
  readonly from: number
  readonly to: number
}

/** When a calendar holds. Plain data, so that it can be handed to another thread; all in the clocks of a time zone that is given later, so that a
 * daylight saving change moves nothing. Days are days since 1970-01-01. */
export type CalendarRule =
  /** Both ends included. */
  | { readonly kind: 'days'; readonly from: number; readonly to: number }
  /** From one moment on to before another, wall time as if it were UTC, ms. */
  | { readonly kind: 'span'; readonly from: number; readonly to: number }
  /** Every year, both ends included, as month · 100 + day; it may go on over the end of the year. */
  | { readonly kind: 'yearly'; readonly from: number; readonly to: number }
  /** Weekdays, Sunday is 0. */
  | { readonly kind: 'weekly'; readonly weekdays: readonly number[]; readonly time?: DayTime }
  /** Days of every month; −1 is the last, −2 the one before. */
  | { readonly kind: 'monthly'; readonly days: readonly number[]; readonly time?: DayTime }
  | { readonly kind: 'event'; readonly event: CalendarEvent }

const DAY = 86_400_000
const MINUTE = 60_000

/** What clocks and calendars of a zone show. */
export interface LocalTime {
  /** Days since 1970-01-01. */
  readonly day: number
  /** Since midnight, with fractions. */
  readonly minute: number
  /** Sunday is 0. */
  readonly weekday: number
  /** From 1. */
  readonly month: number
  readonly dayOfMonth: number
  /** −1 on the last day of a month, −2 on the one before. */
  readonly dayFromEnd: number
}

/** The local time of a moment, UTC epoch ms. */
export function localTime(timestamp: number, timeZone: string): LocalTime {
  const wall = timestamp + zoneOffset(timestamp, timeZone)
  const day = Math.floor(wall / DAY)
  return { ...dateOf(day), day, minute: (wall - day * DAY) / MINUTE }
}

function dateOf(day: number): Omit<LocalTime, 'day' | 'minute'> {
  const date = new Date(day * DAY)
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
  const monthDays = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return {
    weekday: date.getUTCDay(),
    month: month + 1,
    dayOfMonth,
    dayFromEnd: dayOfMonth - monthDays - 1,
  }
}

/** Whether one of the rules holds at a moment, UTC epoch ms. */
export function calendarHolds(rules: readonly CalendarRule[], timestamp: number, timeZone: string): boolean {
  if (rules.length === 0) return false
  const local = localTime(timestamp, timeZone)
  return rules.some((rule) => ruleHolds(rule, { local, timestamp, timeZone }))
}

interface Moment {
  readonly local: LocalTime
  readonly timestamp: number
  readonly timeZone: string
}

function ruleHolds(rule: CalendarRule, { local, timestamp, timeZone }: Moment): boolean {
  const { day, minute, month, dayOfMonth } = local
  switch (rule.kind) {
    case 'days':
      return day >= rule.from && day <= rule.to
    case 'span': {
      const wall = day * DAY + minute * MINUTE
      return wall >= rule.from && wall < rule.to
    }
    case 'yearly': {
      const date = month * 100 + dayOfMonth
      return rule.from <= rule.to
        ? date >= rule.from && date <= rule.to
        : date >= rule.from || date <= rule.to
    }
    case 'weekly':
      return holdsOnDays(local, rule.time, ({ weekday }) => rule.weekdays.includes(weekday))
    case 'monthly':
      return holdsOnDays(
        local,
        rule.time,
        (date) => rule.days.includes(date.dayOfMonth) || rule.days.includes(date.dayFromEnd),
      )
    case 'event':
      return eventCovers(rule.event, timestamp, timeZone)
  }
}

type DateOnly = Omit<LocalTime, 'day' | 'minute'>

function holdsOnDays(
  local: LocalTime,
  time: DayTime | undefined,
  isDay: (date: DateOnly) => boolean,
): boolean {
  const { minute } = local
  if (time === undefined) return isDay(local)
  if (time.from < time.to) return minute >= time.from && minute < time.to && isDay(local)
  // Over midnight: it began today, or yesterday.
  return (minute >= time.from && isDay(local)) || (minute < time.to && isDay(dateOf(local.day - 1)))
}

/** Days that are to be taken for another weekday. */
export interface WeekdayException {
  readonly rules: readonly CalendarRule[]
  /** Sunday is 0. */
  readonly as: number
}

/** The weekday that a moment counts as, 0 to 6 from Sunday on: that of the first exception that holds, or the calendar's own. */
export function weekdayAt(
  timestamp: number,
  { timeZone, exceptions }: { readonly timeZone: string; readonly exceptions: readonly WeekdayException[] },
): number {
  const exception = exceptions.find(({ rules }) => calendarHolds(rules, timestamp, timeZone))
  return exception?.as ?? localTime(timestamp, timeZone).weekday
}
