/** About so many segments of a window tell most windows apart. */
const SEGMENTS = 6

/** How many values a segment of a window has. */
export function segmentLength(window: number): number {
  return Math.max(1, Math.floor(window / SEGMENTS))
}

/**
 * The sum of the `length` values from each position on. Two windows are at least as far apart as the sums of their segments are, over the
 * root of the length (Keogh et al.: Dimensionality reduction for fast similarity search, 2001), which rules out most pairs at once.
 */
export function segmentSums(values: Float64Array, length: number): Float64Array {
  const sums = new Float64Array(Math.max(0, values.length - length + 1))
  for (let i = 0; i < sums.length; i++) {
    let sum = 0
    for (let j = i; j < i + length; j++) sum += values[j]!
    sums[i] = sum
  }
  return sums
}
