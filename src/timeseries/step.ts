import { zoneOffset } from '../core/time-zone.ts'
import {
  advance,
  calendarStep,
  daysOf,
  isDayStart,
  isMonthStart,
  monthsOf,
  stepsBetween,
} from './calendar-step.ts'

const SECOND = 1000
const HOUR = 3_600_000

/** How much of the newest past a step is learned from, so that a changed schedule is noticed. */
const RECENT = 500
/**
 * Distances that differ by less count as one step with jitter: the 23 and 25 hours of clock changes, months
 * of 28 to 31 days.
 */
const JITTER = 1.12
/**
 * Points that must lie on whole hours or days for a series to be one of periods; the rest may be late
 * corrections.
 */
const ALIGNED_SHARE = 0.95
const ALIGNED_POINTS = 100

/**
 * The usual time between neighbouring points in ms: the most common distance, give or take some jitter, so
 * that neither gaps nor clock changes
 * matter. Undefined for fewer than three points. Timestamps ascend.
 */
export function learnStep(timestamps: Float64Array): number | undefined {
  const recent = timestamps.subarray(Math.max(0, timestamps.length - RECENT - 1))
  const distances = Float64Array.from(
    { length: Math.max(0, recent.length - 1) },
    (_, i) => recent[i + 1]! - recent[i]!,
  )
    .filter((distance) => distance > 0)
    .sort()
  if (distances.length < 2) return undefined
  let first = 0
  let count = 0
  for (let low = 0, high = 0; low < distances.length; low++) {
    while (high < distances.length && distances[high]! <= distances[low]! * JITTER) high++
    if (high - low > count) {
      first = low
      count = high - low
    }
  }
  // Where no distance comes twice there is no step to find; the middle one is the best guess.
  const cluster = count > 1 ? distances.subarray(first, first + count) : distances
  return typical(cluster)
}

/**
 * The value that at least half of the ascending distances share, or their median, to the second where
 * seconds do not matter.
 */
function typical(distances: Float64Array): number {
  const middle = distances[(distances.length - 1) >> 1]!
  const same = distances.reduce((count, distance) => (distance === middle ? count + 1 : count), 0)
  return same * 2 >= distances.length || middle < 10 * SECOND ? middle : Math.round(middle / SECOND) * SECOND
}

/**
 * Whether the points of a series stand for the periods that start at their timestamps: the step is an hour
 * or longer, and practically all of the newest points lie
 * on whole hours, or for a step of days or months on the starts of days or months, in UTC or in the time
 * zone.
 */
export function isAggregated(timestamps: Float64Array, step: number, timeZone: string): boolean {
  if (step < HOUR || timestamps.length === 0) return false
  const recent = timestamps.subarray(Math.max(0, timestamps.length - ALIGNED_POINTS))
  const zones = timeZone === 'UTC' ? ['UTC'] : ['UTC', timeZone]
  return zones.some((zone) => {
    const aligned = recent.reduce(
      (count, timestamp) => (isAligned(timestamp, step, zone) ? count + 1 : count),
      0,
    )
    return aligned >= ALIGNED_SHARE * recent.length
  })
}

function isAligned(timestamp: number, step: number, zone: string): boolean {
  const days = daysOf(step)
  // Thirteen weeks are as long as a quarter.
  if (monthsOf(step) > 0 && days % 7 !== 0) return isMonthStart(timestamp, zone)
  if (days > 0) return isDayStart(timestamp, zone)
  const wall = timestamp + (zone === 'UTC' ? 0 : zoneOffset(timestamp, zone))
  return wall % HOUR === 0
}

export interface PeriodOptions {
  /** Whether a point stands for the period that starts at its timestamp. */
  readonly aggregated: boolean
  readonly timeZone: string
}

/**
 * When the period that a point stands for has ended: its own timestamp for an instant reading, otherwise
 * the start of the next bucket, on the calendar of the time
 * zone (or of UTC, where the point lies on that) for steps of days and months.
 */
export function periodEnd(timestamp: number, step: number, { aggregated, timeZone }: PeriodOptions): number {
  if (!aggregated) return timestamp
  const calendar = step < 20 * HOUR ? undefined : calendarStep(timestamp, step, timeZone)
  return calendar === undefined ? timestamp + step : advance(timestamp, calendar, 1)
}

export interface MissingOptions {
  /** No bucket that starts after this moment is expected. */
  readonly until: number
  readonly timeZone: string
  /** At most so many, the newest. */
  readonly max: number
}

/**
 * Starts of the buckets that have no point, ascending, from the first point to `until`. Buckets are counted
 * anew from every point, so that neither jitter
 * nor a shifted schedule makes one seem missing.
 */
export function missingBuckets(
  timestamps: Float64Array,
  step: number,
  { until, timeZone, max }: MissingOptions,
): Float64Array {
  const missing: number[] = []
  if (!(step > 0) || timestamps.length === 0) return new Float64Array(0)
  const collect = (from: number, absent: number, startOf: (steps: number) => number): void => {
    for (let steps = absent; steps >= 1 && missing.length < max; steps--) {
      const start = startOf(steps)
      if (start <= until && start > from) missing.push(start)
    }
  }
  for (let i = timestamps.length - 1; i >= 0 && missing.length < max; i--) {
    const from = timestamps[i]!
    if (from > until) continue
    const next = timestamps[i + 1]
    const calendar = step < 20 * HOUR ? undefined : calendarStep(from, step, timeZone)
    const startOf = (steps: number): number =>
      calendar === undefined ? from + steps * step : advance(from, calendar, steps)
    const stepsTo = (to: number): number =>
      calendar === undefined ? (to - from) / step : stepsBetween(from, to, calendar)
    // Before the next point, the nearest whole number of steps less one; after the last, all that have begun.
    const begun = Math.floor(stepsTo(until)) + 1
    collect(from, next === undefined ? begun : Math.min(begun, Math.round(stepsTo(next)) - 1), startOf)
  }
  return Float64Array.from(missing).reverse()
}
