import type { Matrix } from '../detector.ts'

/** Rows `from`..`to` of a matrix, compared with the one row that starts at `offset` of `query`. */
export interface RowSpan {
  readonly query: Float64Array
  readonly offset: number
  readonly from: number
  readonly to: number
}

/**
 * Writes the squared Euclidean distances of a row and rows of a matrix to the same places of `out`. Six columns at a time are summed, then
 * two, so that those of the one row stay in registers: the last bits may differ from those of `squaredDistance`.
 */
export function squaredDistances(
  { data, columns }: Matrix,
  { query, offset, from, to }: RowSpan,
  out: Float64Array,
): void {
  // A call of fill would cost more than all the rest for few rows.
  for (let i = from; i < to; i++) out[i] = 0
  let j = 0
  for (; j + 6 <= columns; j += 6) {
    const q0 = query[offset + j]!
    const q1 = query[offset + j + 1]!
    const q2 = query[offset + j + 2]!
    const q3 = query[offset + j + 3]!
    const q4 = query[offset + j + 4]!
    const q5 = query[offset + j + 5]!
    for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
      const d0 = data[cell]! - q0
      const d1 = data[cell + 1]! - q1
      const d2 = data[cell + 2]! - q2
      const d3 = data[cell + 3]! - q3
      const d4 = data[cell + 4]! - q4
      const d5 = data[cell + 5]! - q5
      out[i]! += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5
    }
  }
  for (; j + 2 <= columns; j += 2) {
    const q0 = query[offset + j]!
    const q1 = query[offset + j + 1]!
    for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
      const d0 = data[cell]! - q0
      const d1 = data[cell + 1]! - q1
      out[i] = out[i]! + d0 * d0 + d1 * d1
    }
  }
  if (j === columns) return
  const q = query[offset + j]!
  for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
    const difference = data[cell]! - q
    out[i]! += difference * difference
  }
}
