import type { Series } from '../core/series.ts'
import { snoozed } from './decide-anomalies.ts'

export interface ChangeQuestion {
  /** Modified z-score above which a point is a change. */
  readonly threshold: number
  /** The newest so many points are compared with all before them, … */
  readonly lastN: number
  /** … and so is, each with those before it, every older point from this one on: nobody has looked at it yet. */
  readonly firstNew?: number
  /** Of the history before a point, only the newest so many count; all when not given. */
  readonly historyN?: number
  readonly snoozeN: number
  /** Timestamps of changes of this metric that stand already. */
  readonly raised: ReadonlySet<number>
}

export interface Change {
  /** Index into the series. */
  readonly index: number
  /** Modified z-score: 0.6745 · |x − median| / MAD (Iglewicz and Hoaglin, 1993). */
  readonly score: number
  readonly median: number
  /** Points that it was compared with. */
  readonly history: number
}

/** Fewer points than this say nothing of what is usual. */
const MIN_HISTORY = 6

/** A history without any spread is taken to vary by this part of its level, so that rounding noise is no change. */
const SPREAD_FLOOR = 0.01

/** Which of the newest points, and of those that came since somebody last looked, differ from the history before them and alert, oldest first. */
export function decideChanges(series: Series, question: ChangeQuestion): readonly Change[] {
  const { timestamps, values } = series
  const { threshold, snoozeN, historyN = Number.POSITIVE_INFINITY } = question
  const newest = Math.max(0, values.length - question.lastN)
  const historyOf = (end: number) =>
    Math.min(end, historyN) < MIN_HISTORY ? undefined : usual(values, end, historyN)
  const ofNewest = historyOf(newest)
  const raised = new Set(question.raised)
  const changes: Change[] = []
  for (let index = Math.min(newest, question.firstNew ?? newest); index < values.length; index++) {
    const history = index < newest ? historyOf(index) : ofNewest
    if (history === undefined) continue
    const { median, spread } = history
    const score = (0.6745 * Math.abs(values[index]! - median)) / spread
    if (score <= threshold || raised.has(timestamps[index]!)) continue
    if (snoozed(timestamps, index, snoozeN, raised)) continue
    raised.add(timestamps[index]!)
    changes.push({ index, score, median, history: Math.min(Math.min(index, newest), historyN) })
  }
  return changes
}

/** What is usual by the newest `count` points before `end`. */
function usual(values: Float64Array, end: number, count: number): { median: number; spread: number } {
  return describe(values.subarray(Math.max(0, end - count), end))
}

/** Median and spread of a history. The spread is the median absolute deviation; where more than half of the points are
 * equal that is zero, and the standard deviation brought to its scale, then a part of the level, stand in for it. */
function describe(values: Float64Array): { median: number; spread: number } {
  const median = medianOf(values)
  const mad = medianOf(values.map((value) => Math.abs(value - median)))
  if (mad > 0) return { median, spread: mad }
  const variance = values.reduce((sum, value) => sum + (value - median) ** 2, 0) / values.length
  return {
    median,
    spread: Math.max(0.6745 * Math.sqrt(variance), Math.abs(median) * SPREAD_FLOOR, Number.EPSILON),
  }
}

/** The median of at least one value. */
function medianOf(values: Float64Array): number {
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
