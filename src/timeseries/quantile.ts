/** The value that a share of ascending values lies below, linear between neighbours; NaN where there are none. */
export function quantileOf(ascending: Float64Array, share: number): number {
  const place = Math.max(0, Math.min(1, share)) * (ascending.length - 1)
  const below = Math.floor(place)
  const low = ascending[below]
  if (low === undefined) return Number.NaN
  const high = ascending[Math.min(ascending.length - 1, below + 1)]!
  return low + (high - low) * (place - below)
}

/** The middle of values in any order; NaN where there are none. */
export function medianOf(values: Float64Array): number {
  return quantileOf(values.slice().sort(), 0.5)
}
