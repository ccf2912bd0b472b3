/** The sum of each row of row-major values. */
export function rowSums(values: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(values.length / columns)
  for (let row = 0, cell = 0; row < sums.length; row++) {
    let sum = 0
    for (const end = cell + columns; cell < end; cell++) sum += values[cell]!
    sums[row] = sum
  }
  return sums
}
