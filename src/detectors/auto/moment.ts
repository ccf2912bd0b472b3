import { type WeekdayException, weekdayAt } from '../../core/calendar.ts'
import { zoneOffset } from '../../core/time-zone.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const MONDAY = 3

/** What a clock and a calendar on the wall show. */
export interface Moment {
  /** 0..23 */
  readonly hour: number
  /** 0..6, from Monday. */
  readonly weekday: number
  /** 0..167, from Monday 0:00. */
  readonly hourOfWeek: number
  /** 0..30 */
  readonly dayOfMonth: number
}

export interface Clock {
  /** IANA name. */
  readonly timeZone: string
  /** Days that are taken for another weekday. */
  readonly exceptions: readonly WeekdayException[]
}

export function momentAt(timestamp: number, clock: Clock): Moment {
  const { timeZone, exceptions } = clock
  const local = timeZone === 'UTC' ? timestamp : timestamp + zoneOffset(timestamp, timeZone)
  const days = Math.floor(local / DAY)
  const hour = Math.floor((local - days * DAY) / HOUR)
  const weekday =
    exceptions.length === 0 ? (((days + MONDAY) % 7) + 7) % 7 : (weekdayAt(timestamp, clock) + 6) % 7
  return { hour, weekday, hourOfWeek: weekday * 24 + hour, dayOfMonth: new Date(local).getUTCDate() - 1 }
}
