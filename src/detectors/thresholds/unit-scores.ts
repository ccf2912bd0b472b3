/**
 * The threshold that `choose` finds for scores brought to 0..1, as PyThresh brings them first. `choose` is given them in ascending order and
 * tells the least that is an outlier. Its choice is no threshold when it is not within 0..1, and then, as for equal scores, the threshold is
 * the greatest score, which no score is above. NaN of nothing.
 */
export function thresholdInUnits(scores: Float64Array, choose: (unit: Float64Array) => number): number {
  const sorted = scores.slice().sort()
  const count = sorted.length
  if (count === 0) return Number.NaN
  const least = sorted[0]!
  const most = sorted[count - 1]!
  // Halves, because the range itself may be infinite.
  const range = most / 2 - least / 2
  if (!(range > 0)) return most
  const unit = sorted.map((score) => (score / 2 - least / 2) / range)
  const limit = choose(unit)
  if (!(limit >= 0 && limit <= 1)) return most
  const outliers = countFrom(unit, limit)
  const first = count - outliers
  // Between the last inlier and the first outlier, whatever rounding does.
  const above = first < count ? belowOf(sorted[first]!) : most
  const threshold = Math.min(above, least * (1 - limit) + most * limit)
  return first > 0 ? Math.max(sorted[first - 1]!, threshold) : threshold
}

/** How many of the ascending values are `limit` or more. */
function countFrom(sorted: Float64Array, limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < limit) low = middle + 1
    else high = middle
  }
  return sorted.length - low
}

function belowOf(score: number): number {
  const below = score - Math.max(Math.abs(score) * (Number.EPSILON / 2), Number.MIN_VALUE)
  return below < score ? below : score - Math.abs(score) * Number.EPSILON
}

export function meanOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Population standard deviation. */
export function deviationOf(values: Float64Array): number {
  const mean = meanOf(values)
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  return Math.sqrt(squares / values.length)
}

/** The value of this rank, 0..1, of ascending ones; between two, their middle. */
export function midpoint(sorted: Float64Array, rank: number): number {
  const place = Math.max(0, Math.min(1, rank)) * (sorted.length - 1)
  return (sorted[Math.floor(place)]! + sorted[Math.ceil(place)]!) / 2
}
