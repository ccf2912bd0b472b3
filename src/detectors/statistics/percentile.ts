/**
 * The `rank`-th percentile (0..100) with linear interpolation between neighbours, as numpy computes it; NaN
 * of nothing.
 */
export function percentile(values: Float64Array, rank: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.slice().sort()
  const place = (rank / 100) * (sorted.length - 1)
  const below = Math.min(Math.max(Math.floor(place), 0), sorted.length - 1)
  const above = Math.min(below + 1, sorted.length - 1)
  const share = place - below
  const low = sorted[below]!
  const high = sorted[above]!
  const width = high - low
  return share < 0.5 ? low + width * share : high - width * (1 - share)
}
