import type { Matrix } from '../detectors/detector.ts'

/**
 * A matrix of lagged values in which row i is row i-1 moved by one column, its first value being new, holds each value `columns`
 * times. It is kept as one run of values (oldest first) from each row that breaks this rule, such as the one after a gap.
 */
export interface LagRuns {
  /** Rows that begin a run, ascending, the first being 0. */
  readonly starts: Uint32Array
  /** Per run: its first row from the last column to the first, then the first value of each row after it. */
  readonly values: Float64Array
}

/** Undefined where it would save nothing. */
export function compressLags({ data, rows, columns }: Matrix): LagRuns | undefined {
  if (rows === 0 || columns < 2) return undefined
  // Compared as bits: 0 and -0 are two values.
  const bits = new BigInt64Array(data.buffer, data.byteOffset, rows * columns)
  const continues = (row: number) => {
    for (let column = 1; column < columns; column++)
      if (bits[row * columns + column] !== bits[(row - 1) * columns + column - 1]) return false
    return true
  }
  const starts = [0]
  for (let row = 1; row < rows; row++) if (!continues(row)) starts.push(row)
  const length = rows + starts.length * (columns - 1)
  if (length * 8 + starts.length * 4 >= rows * columns * 8) return undefined

  const values = new Float64Array(length)
  let at = 0
  let run = 0
  for (let row = 0; row < rows; row++) {
    if (starts[run] === row) {
      for (let column = columns - 1; column > 0; column--) values[at++] = data[row * columns + column]!
      run++
    }
    values[at++] = data[row * columns]!
  }
  return { starts: Uint32Array.from(starts), values }
}

/** The matrix, bit for bit. Throws a RangeError when the parts do not fit together. */
export function expandLags({ starts, values }: LagRuns, rows: number, columns: number): Matrix {
  if (values.length !== rows + starts.length * (columns - 1)) throw new RangeError('runs of another matrix')
  const data = new Float64Array(rows * columns)
  let at = 0
  let run = 0
  for (let row = 0; row < rows; row++) {
    if (starts[run] === row) {
      at += columns - 1
      run++
    }
    for (let column = 0; column < columns; column++) data[row * columns + column] = values[at - column]!
    at++
  }
  return { data, rows, columns }
}
