/** The squared Euclidean distance of `columns` values of `a` from `from` on to those of `b` from `start` on, summed in their order. */
export function squaredDistance(
  a: Float64Array,
  from: number,
  b: Float64Array,
  start: number,
  columns: number,
): number {
  let squares = 0
  let j = 0
  // Three at a time: at few columns the loop takes longer than the arithmetic.
  for (; j + 3 <= columns; j += 3) {
    const d0 = a[from + j]! - b[start + j]!
    const d1 = a[from + j + 1]! - b[start + j + 1]!
    const d2 = a[from + j + 2]! - b[start + j + 2]!
    squares = squares + d0 * d0 + d1 * d1 + d2 * d2
  }
  for (; j < columns; j++) {
    const difference = a[from + j]! - b[start + j]!
    squares += difference * difference
  }
  return squares
}
