import { wallTimeToUtc, zoneOffset } from '../core/time-zone.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const DAYS_OF_MONTH = 30.436875

/** A step that calendars count: days or months of a time zone, whose length in hours varies. */
export interface CalendarStep {
  readonly unit: 'day' | 'month'
  readonly count: number
  readonly timeZone: string
}

/** Wall time of a moment, as if it were UTC. */
function wallTime(timestamp: number, timeZone: string): number {
  return timestamp + (timeZone === 'UTC' ? 0 : zoneOffset(timestamp, timeZone))
}

/** The moment of a wall time. */
function momentOf(wall: number, timeZone: string): number {
  return timeZone === 'UTC' ? wall : wallTimeToUtc(wall, timeZone)
}

/**
 * Whether a day starts at the moment, on clocks of the zone; where midnight is skipped, the day starts after
 * the gap.
 */
export function isDayStart(timestamp: number, timeZone: string): boolean {
  const wall = wallTime(timestamp, timeZone)
  const midnight = Math.floor(wall / DAY) * DAY
  return wall - midnight <= 2 * HOUR && momentOf(midnight, timeZone) === timestamp
}

/** Whether a month starts at the moment, on clocks of the zone. */
export function isMonthStart(timestamp: number, timeZone: string): boolean {
  return isDayStart(timestamp, timeZone) && new Date(wallTime(timestamp, timeZone)).getUTCDate() === 1
}

/**
 * How many months a step of so many milliseconds is: 28 to 31 days are one, 89 to 92 three, 365 or 366
 * twelve; 0 when it is no whole number of months.
 */
export function monthsOf(step: number): number {
  const days = step / DAY
  const months = Math.round(days / DAYS_OF_MONTH)
  return months >= 1 && Math.abs(days - months * DAYS_OF_MONTH) <= 2.6 ? months : 0
}

/** How many days a step is, give or take the hour of a clock change; 0 when it is no whole number of days. */
export function daysOf(step: number): number {
  const days = Math.round(step / DAY)
  return days >= 1 && Math.abs(step - days * DAY) <= HOUR ? days : 0
}

/**
 * The calendar that buckets starting at this moment follow: that of the zone, or else of UTC; undefined when
 * the step is a fixed span of time.
 */
export function calendarStep(timestamp: number, step: number, timeZone: string): CalendarStep | undefined {
  const zones = timeZone === 'UTC' ? ['UTC'] : [timeZone, 'UTC']
  const months = monthsOf(step)
  const monthly = months > 0 ? zones.find((zone) => isMonthStart(timestamp, zone)) : undefined
  if (monthly !== undefined) return { unit: 'month', count: months, timeZone: monthly }
  const days = daysOf(step)
  const daily = days > 0 ? zones.find((zone) => isDayStart(timestamp, zone)) : undefined
  return daily === undefined ? undefined : { unit: 'day', count: days, timeZone: daily }
}

/** The start of the bucket so many steps after the one that starts at this moment. */
export function advance(timestamp: number, { unit, count, timeZone }: CalendarStep, steps: number): number {
  const midnight = Math.floor(wallTime(timestamp, timeZone) / DAY) * DAY
  if (unit === 'day') return momentOf(midnight + steps * count * DAY, timeZone)
  const date = new Date(midnight)
  return momentOf(date.setUTCMonth(date.getUTCMonth() + steps * count), timeZone)
}

/** How many steps lie between two moments, to the nearest. */
export function stepsBetween(from: number, to: number, { unit, count, timeZone }: CalendarStep): number {
  const [first, last] = [wallTime(from, timeZone), wallTime(to, timeZone)]
  if (unit === 'day') return Math.round((last - first) / (count * DAY))
  return Math.round((last - first) / (count * DAYS_OF_MONTH * DAY))
}
