import type { Series } from '../core/series.ts'
import { bucketMedians } from './bucket-medians.ts'
import { medianOf } from './quantile.ts'
import { robustSpread } from './robust-spread.ts'

const WEEK = 7 * 86_400_000
/** All pairs of more buckets take long, and tell no more. */
const BUCKETS = 240
/** A line through fewer points says nothing. */
const FEWEST = 8

/** The straight line through a series. */
export interface Trend {
  /** Per ms. */
  readonly slope: number
  /** Slope in robust spreads of the values around the line, per week. */
  readonly perWeek: number
  /** From the first point to the last, in the same spreads. */
  readonly total: number
}

/** Theil–Sen slope (the median of the slopes between all pairs; Sen, 1968) of the medians of some hundred stretches of time: a quarter of them may be anything. */
export function trendOf(series: Series): Trend {
  const { timestamps, values } = series
  const count = timestamps.length
  const span = count === 0 ? 0 : timestamps[count - 1]! - timestamps[0]!
  if (count < FEWEST || span <= 0) return { slope: 0, perWeek: 0, total: 0 }
  const slope = theilSen(bucketMedians(series, span / BUCKETS))
  const rest = values.map((value, i) => value - slope * (timestamps[i]! - timestamps[0]!))
  const spread = robustSpread(rest)
  if (slope === 0) return { slope, perWeek: 0, total: 0 }
  // A line without noise: against the change itself, which is what it consists of.
  const unit = Math.max(spread, Math.abs(slope * span) * 1e-6)
  return { slope, perWeek: (slope * WEEK) / unit, total: (slope * span) / unit }
}

function theilSen({ timestamps, values }: Series): number {
  const slopes = new Float64Array((values.length * (values.length - 1)) / 2)
  let pair = 0
  for (let i = 0; i < values.length; i++)
    for (let j = i + 1; j < values.length; j++)
      slopes[pair++] = (values[j]! - values[i]!) / (timestamps[j]! - timestamps[i]!)
  return pair === 0 ? 0 : medianOf(slopes)
}
