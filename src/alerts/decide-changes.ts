import type { Series } from '../core/series.ts'
import { snoozed } from './decide-anomalies.ts'

export interface ChangeQuestion {
  /** Modified z-score above which a point is a change. */
  readonly threshold: number
  /** The newest so many points are compared with all before them. */
  readonly lastN: number
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
}

/** Fewer points than this say nothing of what is usual. */
const MIN_HISTORY = 6

/** A history without any spread is taken to vary by this part of its level, so that rounding noise is no change. */
const SPREAD_FLOOR = 0.01

/** Which of the newest points differ from the history before them and alert, oldest first. */
export function decideChanges(series: Series, question: ChangeQuestion): readonly Change[] {
  const { timestamps, values } = series
  const historyLength = values.length - question.lastN
  if (historyLength < MIN_HISTORY) return []
  const { median, spread } = describe(values.subarray(0, historyLength))
  const raised = new Set(question.raised)
  const changes: Change[] = []
  for (let index = historyLength; index < values.length; index++) {
    const score = (0.6745 * Math.abs(values[index]! - median)) / spread
    if (score <= question.threshold || raised.has(timestamps[index]!)) continue
    if (snoozed(timestamps, index, question.snoozeN, raised)) continue
    raised.add(timestamps[index]!)
    changes.push({ index, score, median })
  }
  return changes
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
