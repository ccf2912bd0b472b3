import type { Matrix } from '../detector.ts'
import type { Scaling } from '../statistics/standardise.ts'

// Rows that are standardised together, few enough to stay near the processor.
const BLOCK = 64

/** The covariance of rows brought to their scaling (row-major, symmetric; divided by one less than the rows), without a copy of the rows. */
export function standardCovariance(
  { data, rows, columns }: Matrix,
  { factor, middle, divisor }: Scaling,
): Float64Array {
  const covariance = new Float64Array(columns * columns)
  const inverse = divisor.map((value) => 1 / value)
  // Column by column, and three spare ones of zeros.
  const block = new Float64Array(BLOCK * (columns + 3))
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first)
    for (let row = 0, cell = first * columns; row < count; row++)
      for (let j = 0; j < columns; j++, cell++)
        block[j * BLOCK + row] = (data[cell]! * factor[j]! - middle[j]!) * inverse[j]!
    addProducts(block, count, { covariance, columns })
  }
  for (let i = 0; i < columns; i++)
    for (let j = i; j < columns; j++) {
      covariance[i * columns + j]! /= rows - 1
      covariance[j * columns + i] = covariance[i * columns + j]!
    }
  return covariance
}

/** Adds the products of each column with four others at a time, those before itself left out. */
function addProducts(
  block: Float64Array,
  count: number,
  { covariance, columns }: { readonly covariance: Float64Array; readonly columns: number },
): void {
  for (let i = 0; i < columns; i++)
    for (let j = i; j < columns; j += 4) {
      let s0 = 0
      let s1 = 0
      let s2 = 0
      let s3 = 0
      for (let a = i * BLOCK, b = j * BLOCK, end = a + count; a < end; a++, b++) {
        const value = block[a]!
        s0 += value * block[b]!
        s1 += value * block[b + BLOCK]!
        s2 += value * block[b + 2 * BLOCK]!
        s3 += value * block[b + 3 * BLOCK]!
      }
      const cell = i * columns + j
      covariance[cell]! += s0
      if (j + 1 < columns) covariance[cell + 1]! += s1
      if (j + 2 < columns) covariance[cell + 2]! += s2
      if (j + 3 < columns) covariance[cell + 3]! += s3
    }
}
