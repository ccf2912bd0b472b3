import type { Matrix } from '../detector.ts'
import { extend, type Metric, overflowingDistance, toDistance } from '../neighbours/metric.ts'
import { definePartTask } from '../parallel/parallel.ts'

// A kernel smaller by the factor exp(-50) changes no bit that matters, not even a million of them.
const NEGLIGIBLE = 50

export interface Kernel {
  readonly width: number
  readonly metric: Metric
}

/** The Gaussian kernels around training rows. */
export interface Density {
  readonly training: Matrix
  readonly kernel: Kernel
  /** The score of a row whose kernels sum up to 1. */
  readonly base: number
  /** Of the row that is looked at: (distance / width)² / 2 from each training row. */
  readonly exponents: Float64Array
}

export function densityOf(training: Matrix, kernel: Kernel): Density {
  const { rows, columns } = training
  const base = Math.log(rows) + (columns / 2) * Math.log(2 * Math.PI) + columns * Math.log(kernel.width)
  return { training, kernel, base, exponents: new Float64Array(rows) }
}

/** The scores of the training rows, each counting its own kernel. Each pair of rows is looked at once: its kernel is part of both sums. */
export function scoreTraining(density: Density): Float64Array {
  const { data, rows, columns } = density.training
  const { exponents, base } = density
  const sums = new Float64Array(rows).fill(1)
  for (let row = 1; row < rows; row++) {
    measure(density, data.subarray(row * columns, (row + 1) * columns), row)
    let sum = sums[row]!
    for (let other = 0; other < row; other++) {
      const exponent = exponents[other]!
      if (exponent > NEGLIGIBLE) continue
      const value = Math.exp(-exponent)
      sum += value
      sums[other]! += value
    }
    sums[row] = sum
  }
  return sums.map((sum) => base - Math.log(sum))
}

/** The score of a training row by itself: the same sum in the same order. */
function scoreOfTraining(density: Density, row: number): number {
  const { exponents, base, training } = density
  const { data, rows, columns } = training
  measure(density, data.subarray(row * columns, (row + 1) * columns), rows)
  let sum = 1
  for (let other = 0; other < rows; other++)
    if (other !== row && exponents[other]! <= NEGLIGIBLE) sum += Math.exp(-exponents[other]!)
  return base - Math.log(sum)
}

interface Queries {
  readonly training: Matrix
  readonly kernel: Kernel
  /** Undefined for the training rows themselves. */
  readonly queries: Float64Array | undefined
}

/** The scores of rows. */
export const densityScores = definePartTask({
  name: 'density scores',
  output: (_: Queries, rows) => ({ scores: new Float64Array(rows) }),
  prepare({ training, kernel, queries }) {
    const density = densityOf(training, kernel)
    const { columns } = training
    return {
      perform(from, to, { scores }) {
        for (let row = from; row < to; row++)
          scores[row - from] = queries
            ? scoreOf(density, queries.subarray(row * columns, (row + 1) * columns))
            : scoreOfTraining(density, row)
      },
    }
  },
})

/** The score of any row. */
export function scoreOf(density: Density, query: Float64Array): number {
  const { exponents, base, training } = density
  const least = measure(density, query, training.rows)
  if (least === Number.POSITIVE_INFINITY)
    return Math.min(farExponent(density, query) + base, Number.MAX_VALUE)
  let sum = 0
  for (let row = 0; row < exponents.length; row++) {
    const exponent = exponents[row]! - least
    if (exponent <= NEGLIGIBLE) sum += Math.exp(-exponent)
  }
  return least + base - Math.log(sum)
}

/** The exponents of a row, each times the share that its kernel has of the density; where all overflow, each counts the same. */
export function weighedExponents(density: Density, query: Float64Array): Float64Array {
  const { exponents, training } = density
  const least = measure(density, query, training.rows)
  if (least === Number.POSITIVE_INFINITY) return new Float64Array(training.rows).fill(1)
  const weights = exponents.map((exponent) =>
    exponent - least > NEGLIGIBLE ? 0 : Math.exp(least - exponent),
  )
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight, row) => (weight === 0 ? 0 : (weight / sum) * exponents[row]!))
}

/** Writes the exponents of the first `count` training rows, and gives the least of them. */
function measure({ training, kernel, exponents }: Density, query: Float64Array, count: number): number {
  const { data, columns } = training
  const { width, metric } = kernel
  const factor = 1 / (2 * width * width)
  let least = Number.POSITIVE_INFINITY
  for (let row = 0, cell = 0; row < count; row++) {
    let reduced = 0
    if (metric.kind === 'euclidean')
      for (let j = 0; j < columns; j++, cell++) {
        const difference = query[j]! - data[cell]!
        reduced += difference * difference
      }
    else {
      for (let j = 0; j < columns; j++, cell++) reduced = extend(metric, reduced, query[j]! - data[cell]!)
      reduced = toDistance(metric, reduced) ** 2
    }
    const exponent = reduced * factor
    exponents[row] = exponent
    if (exponent < least) least = exponent
  }
  return least
}

/** The least exponent of a row that is so far away that all squares overflow. */
function farExponent({ training, kernel }: Density, query: Float64Array): number {
  const { data, columns } = training
  let least = Number.MAX_VALUE
  for (let cell = 0; cell < data.length; cell += columns)
    least = Math.min(least, overflowingDistance(kernel.metric, query, data.subarray(cell, cell + columns)))
  return Math.min((least / kernel.width) ** 2 / 2, Number.MAX_VALUE)
}
