import type { Metric } from './metric.ts'

/** Rows that a row is compared with. */
export interface Compared {
  readonly metric: Metric
  /** Where their values stand, each row from its offset on. */
  readonly data: Float64Array
  readonly offsets: ArrayLike<number>
  /** What each adds to the score. */
  readonly amounts: ArrayLike<number>
}

/**
 * Adds to `parts` what the columns of a row add to its score: the amount of each compared row is divided among the columns as they have parts of the
 * sum under the root of the distance. Of a Chebyshev distance, which is the largest difference, those that differ as much have it all.
 */
export function addDistanceShares(
  row: Float64Array,
  { metric, data, offsets, amounts }: Compared,
  parts: Float64Array,
): void {
  const differences = new Float64Array(row.length)
  for (let i = 0; i < offsets.length; i++) {
    if (!(amounts[i]! > 0)) continue
    // Halves, because the difference of two large values can be infinite.
    for (let j = 0; j < row.length; j++) differences[j] = row[j]! / 2 - data[offsets[i]! + j]! / 2
    divideAmount(metric, differences, amounts[i]!)
    for (let j = 0; j < row.length; j++) parts[j] = Math.min(parts[j]! + differences[j]!, Number.MAX_VALUE)
  }
}

/** Makes differences (or the same multiple of all) in place the parts that columns have of an amount, which they sum up to; zeros where nothing differs. */
export function divideAmount(metric: Metric, differences: Float64Array, amount: number): void {
  const largest = differences.reduce((most, difference) => Math.max(most, Math.abs(difference)), 0)
  if (largest === 0) return
  let sum = 0
  for (let j = 0; j < differences.length; j++) {
    differences[j] = partOf(metric, Math.abs(differences[j]!) / largest)
    sum += differences[j]!
  }
  const whole = Math.min(amount, Number.MAX_VALUE)
  for (let j = 0; j < differences.length; j++) differences[j] = (differences[j]! / sum) * whole
}

/** Of a difference that is this share of the largest one. */
function partOf({ kind, p }: Metric, share: number): number {
  if (kind === 'chebyshev') return share === 1 ? 1 : 0
  return kind === 'euclidean' ? share * share : share ** p
}

/** How much each of `count` distances, ascending, counts in the largest, the mean or the median of them. */
export function weightsOfJoined(method: 'largest' | 'mean' | 'median', count: number): Float64Array {
  const weights = new Float64Array(count)
  if (method === 'mean') return weights.fill(1 / count)
  const last = method === 'largest' ? count - 1 : count >> 1
  weights[last] = 1
  if (method === 'median' && count % 2 === 0) weights[last] = weights[last - 1] = 0.5
  return weights
}
