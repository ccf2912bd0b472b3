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

/** Adds the products of two columns with four others at a time, those before the two left out. */
function addProducts(
  block: Float64Array,
  count: number,
  { covariance, columns }: { readonly covariance: Float64Array; readonly columns: number },
): void {
  for (let i = 0; i < columns; i += 2)
    for (let j = i; j < columns; j += 4) {
      let s0 = 0
      let s1 = 0
      let s2 = 0
      let s3 = 0
      let t0 = 0
      let t1 = 0
      let t2 = 0
      let t3 = 0
      for (let a = i * BLOCK, b = j * BLOCK, end = a + count; a < end; a++, b++) {
        const first = block[a]!
        const second = block[a + BLOCK]!
        const v0 = block[b]!
        const v1 = block[b + BLOCK]!
        const v2 = block[b + 2 * BLOCK]!
        const v3 = block[b + 3 * BLOCK]!
        s0 += first * v0
        s1 += first * v1
        s2 += first * v2
        s3 += first * v3
        t0 += second * v0
        t1 += second * v1
        t2 += second * v2
        t3 += second * v3
      }
      const cell = i * columns + j
      covariance[cell]! += s0
      if (j + 1 < columns) covariance[cell + 1]! += s1
      if (j + 2 < columns) covariance[cell + 2]! += s2
      if (j + 3 < columns) covariance[cell + 3]! += s3
      if (i + 1 === columns) continue
      const below = cell + columns
      covariance[below]! += t0
      if (j + 1 < columns) covariance[below + 1]! += t1
      if (j + 2 < columns) covariance[below + 2]! += t2
      if (j + 3 < columns) covariance[below + 3]! += t3
    }
}
