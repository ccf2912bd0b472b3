/** The median of values, which keep their order; NaN of nothing. The mean of two middle values never overflows. */
export function medianOf(values: Float64Array): number {
  return medianOfSorted(values.slice().sort())
}

/** The median of ascending values. */
export function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  if (sorted.length % 2 === 1) return sorted[middle]!
  const sum = sorted[middle - 1]! + sorted[middle]!
  return Number.isFinite(sum) ? sum / 2 : sorted[middle - 1]! / 2 + sorted[middle]! / 2
}
