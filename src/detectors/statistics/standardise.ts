import type { Matrix } from '../detector.ts'

/** What is subtracted from each column, and what it is then divided by. */
export interface Standard {
  readonly mean: Float64Array
  readonly scale: Float64Array
}

// Beyond this, squares overflow: such columns are computed on after an exact division by a power of two.
const LARGE = 2 ** 480

/** How a column is brought to its standard without overflow: times `factor`, less `middle`, divided by `divisor`; constant ones to 0. */
export interface Moments extends Standard {
  readonly factor: Float64Array
  readonly middle: Float64Array
  readonly divisor: Float64Array
}

/**
 * Mean and population standard deviation of each column. As in scikit-learn's StandardScaler a column that cannot be told from a constant
 * has scale 1. Without `divide` all scales and divisors are 1, and all columns are shrunk by one common factor, if at all.
 */
export function momentsOf({ data, rows, columns }: Matrix, divide: boolean): Moments {
  const largest = new Float64Array(columns)
  const middle = new Float64Array(columns)
  for (let from = 0; from < data.length; from += columns)
    for (let j = 0; j < columns; j++) {
      const value = data[from + j]!
      const size = Math.abs(value)
      if (size > largest[j]!) largest[j] = size
      middle[j]! += value
    }
  const common = shrinkFor(largest.reduce((most, size) => Math.max(most, size), 0))
  const factor = largest.map((size) => (divide ? shrinkFor(size) : common))
  if (factor.some((value) => value !== 1)) {
    middle.fill(0)
    for (let from = 0; from < data.length; from += columns)
      for (let j = 0; j < columns; j++) middle[j]! += data[from + j]! * factor[j]!
  }
  for (let j = 0; j < columns; j++) middle[j]! /= rows
  const squares = new Float64Array(columns)
  const remainder = new Float64Array(columns)
  for (let from = 0; from < data.length; from += columns)
    for (let j = 0; j < columns; j++) {
      const difference = data[from + j]! * factor[j]! - middle[j]!
      squares[j]! += difference * difference
      remainder[j]! += difference
    }
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

/** The moments of each column, and the rows brought to them; without `divide` the rows are only centred. */
export function standardise(matrix: Matrix, divide: boolean): Standard & { centred: Float64Array } {
  const { data, columns } = matrix
  const { mean, scale, factor, middle, divisor } = momentsOf(matrix, divide)
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
