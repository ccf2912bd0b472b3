/** Number of the first timestamp at or after `limit`; their count when there is none. Ascending, searched from `start` on. */
export function firstNotBefore(timestamps: Float64Array, limit: number, start = 0): number {
  let low = start
  let high = timestamps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (timestamps[middle]! < limit) low = middle + 1
    else high = middle
  }
  return low
}
