import type { Matrix } from '../detector.ts'
import { medianOf } from './median.ts'

// 1 / 0.6745 times the median absolute deviation, and 1.2533 times the mean one, are standard deviations of Gaussian data (Iglewicz,
// Hoaglin 1993).
const MEDIAN_FACTOR = 1 / 0.6745
const MEAN_FACTOR = 1.253314
const CONSTANT_SHARE = 0.01

/**
 * A robust standard deviation, always positive: from the median absolute deviation; where more than half of the values are the same, from
 * the mean one; without any spread, one percent of the value, or 0.01 when that is zero.
 */
export function spreadOf({
  medianDeviation,
  meanDeviation,
  centre,
}: {
  readonly medianDeviation: number
  readonly meanDeviation: () => number
  readonly centre: number
}): number {
  if (medianDeviation > 0) return atLeastTiny(MEDIAN_FACTOR * medianDeviation)
  const mean = meanDeviation()
  if (mean > 0) return atLeastTiny(MEAN_FACTOR * mean)
  return Math.abs(centre) * CONSTANT_SHARE || CONSTANT_SHARE
}

/** Median and robust standard deviation of each column. */
export function robustStandard({ data, rows, columns }: Matrix): {
  readonly centre: Float64Array
  readonly scale: Float64Array
} {
  const centre = new Float64Array(columns)
  const scale = new Float64Array(columns)
  const column = new Float64Array(rows)
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) column[i] = data[i * columns + j]!
    const middle = medianOf(column)
    for (let i = 0; i < rows; i++)
      column[i] = Math.min(Math.abs(data[i * columns + j]! - middle), Number.MAX_VALUE)
    centre[j] = middle
    const spread = spreadOf({
      medianDeviation: medianOf(column),
      meanDeviation: () => column.reduce((sum, distance) => sum + distance / rows, 0),
      centre: middle,
    })
    scale[j] = Math.min(spread, Number.MAX_VALUE)
  }
  return { centre, scale }
}

function atLeastTiny(spread: number): number {
  return Math.max(spread, Number.MIN_VALUE)
}
