import type { Matrix } from '../detector.ts'

/** What is subtracted from each column, and what it is then divided by. */
export interface Standard {
  readonly mean: Float64Array
  readonly scale: Float64Array
}

// Beyond this, squares overflow: such columns are computed on after an exact division by a power of two.
const LARGE = 2 ** 480

/** How a column is brought to its standard without overflow: times `factor`, less `middle`, divided by `divisor`; constant ones to 0. */
export interface Scaling extends Standard {
  readonly factor: Float64Array
  readonly middle: Float64Array
  readonly divisor: Float64Array
}

/**
 * Mean and population standard deviation of each column. As in scikit-learn's StandardScaler a column that cannot be told from a constant
 * has scale 1. Without `divide` all scales and divisors are 1, and all columns are shrunk by one common factor, if at all.
 */
export function scalingOf(matrix: Matrix, divide: boolean): Scaling {
  const { data, rows, columns } = matrix
  const { largest, middle } = sizesAndSums(matrix)
  const common = shrinkFor(largest.reduce((most, size) => Math.max(most, size), 0))
  const factor = largest.map((size) => (divide ? shrinkFor(size) : common))
  if (factor.some((value) => value !== 1)) {
    middle.fill(0)
    for (let from = 0; from < data.length; from += columns)
      for (let j = 0; j < columns; j++) middle[j]! += data[from + j]! * factor[j]!
  }
  for (let j = 0; j < columns; j++) middle[j]! /= rows
  const { squares, remainder } = spreads(matrix, factor, middle)
  const mean = middle.map((value, j) => value / factor[j]!)
  const scale = new Float64Array(columns).fill(1)
  const divisor = new Float64Array(columns).fill(1)
  for (let j = 0; j < columns; j++) {
    const variance = (squares[j]! - (remainder[j]! * remainder[j]!) / rows) / rows
    // Chan, Golub, LeVeque: the rounding error of the two-pass variance; below it the column is constant.
    const noise = rows * Number.EPSILON * variance + (rows * middle[j]! * Number.EPSILON) ** 2
    if (!(variance > noise)) factor[j] = middle[j] = 0
    else if (divide) {
      divisor[j] = Math.sqrt(variance)
      scale[j] = divisor[j]! / factor[j]!
    }
  }
  return { mean, scale, factor, middle, divisor }
}

// The passes over all rows are functions of their own, which are compiled sooner.

/** The largest size of each column, and its sum. */
function sizesAndSums({ data, columns }: Matrix): { largest: Float64Array; middle: Float64Array } {
  const largest = new Float64Array(columns)
  const middle = new Float64Array(columns)
  for (let from = 0; from < data.length; from += columns)
    for (let j = 0; j < columns; j++) {
      const value = data[from + j]!
      const size = Math.abs(value)
      if (size > largest[j]!) largest[j] = size
      middle[j]! += value
    }
  return { largest, middle }
}

/** The sums of the squared differences from the middle, and of the differences, which rounding leaves. */
function spreads(
  { data, rows, columns }: Matrix,
  factor: Float64Array,
  middle: Float64Array,
): { squares: Float64Array; remainder: Float64Array } {
  const squares = new Float64Array(columns)
  const remainder = new Float64Array(columns)
  // Two rows at a time, because adding to memory is what takes the time.
  const paired = data.length - (rows % 2) * columns
  for (let from = 0; from < paired; from += 2 * columns)
    for (let j = 0, cell = from; j < columns; j++, cell++) {
      const d0 = data[cell]! * factor[j]! - middle[j]!
      const d1 = data[cell + columns]! * factor[j]! - middle[j]!
      squares[j]! += d0 * d0 + d1 * d1
      remainder[j]! += d0 + d1
    }
  for (let j = 0; paired < data.length && j < columns; j++) {
    const difference = data[paired + j]! * factor[j]! - middle[j]!
    squares[j]! += difference * difference
    remainder[j]! += difference
  }
  return { squares, remainder }
}

/** The standard of each column, and the rows brought to it; without `divide` the rows are only centred. */
export function standardise(matrix: Matrix, divide: boolean): Standard & { centred: Float64Array } {
  const { data, columns } = matrix
  const { mean, scale, factor, middle, divisor } = scalingOf(matrix, divide)
  const centred = new Float64Array(data.length)
  for (let from = 0; from < data.length; from += columns)
    for (let j = 0; j < columns; j++)
      centred[from + j] = (data[from + j]! * factor[j]! - middle[j]!) / divisor[j]!
  return { mean, scale, centred }
}

/** The power of two that brings values of this largest size to where their squares do not overflow: 1 for all but huge ones. */
export function shrinkFor(largest: number): number {
  return largest > LARGE ? 2 ** -Math.ceil(Math.log2(largest)) : 1
}
