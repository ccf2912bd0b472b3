import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import { extend, type Metric, overflowingDistance, toDistance } from '../neighbours/metric.ts'
import { METRIC_NAMES, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  bandwidth: z
    .union([z.enum(['scott', 'silverman']), z.number().min(1e-100).max(1e100)])
    .default(1)
    .meta({
      description:
        'Width of the Gaussian kernel, in the unit of the columns; scott and silverman choose it by the number of rows and columns.',
    }),
  metric: metricOption,
  metric_params: metricParamsOption,
  algorithm: ignoredOption,
  leaf_size: ignoredOption,
})

// A kernel smaller by the factor exp(-50) changes no bit that matters, not even a million of them.
const NEGLIGIBLE = 50

/**
 * Score = -log density, the density being the mean of Gaussian kernels around the training rows; a training row counts its own. The sum
 * is exact; scikit-learn adds and subtracts the bounds of tree nodes, in which the small densities of far rows lose their digits unless
 * its `leaf_size` holds all rows. So far away that the square of the distance overflows, PyOD gives infinity and this the largest number.
 * The explanation divides the exponents of the kernels, each counting as its kernel does in the density, among the columns.
 */
export const kde = defineDetector({
  name: 'KDE',
  summary: 'Negative logarithm of the density of the training rows around a row.',
  source:
    'PyOD 3.6.7 pyod/models/kde.py over scikit-learn 1.9.1; Latecki, Lazarevic, Pokrajac: Outlier detection with kernel density functions (2007)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n²', score: 'n' },
  options,
  example: { bandwidth: 'scott' },
  fit(data, { bandwidth, metric }) {
    requireTrainable('KDE', data, 1)
    const kernel: Kernel = { width: widthOf(bandwidth, data), metric: metricNamed(metric) }
    const density = densityOf({ ...data, data: data.data.slice() }, kernel)
    return { model: createModel(density), trainScores: scoreTraining(density) }
  },
  restore(state) {
    const read = readState('KDE', state)
    const width = read.number('width')
    const training = read.matrix('training')
    const kind = read.text('metric', METRIC_NAMES)
    read.require(
      width > 0 && training.rows > 0 && training.columns > 0,
      'its bandwidth or its rows are not valid',
    )
    return createModel(densityOf(training, { width, metric: metricNamed(kind) }))
  },
})

interface Kernel {
  readonly width: number
  readonly metric: Metric
}

/** Scott's and Silverman's rules without the standard deviation, as scikit-learn has them. */
function widthOf(bandwidth: number | 'scott' | 'silverman', { rows, columns }: Matrix): number {
  const power = -1 / (columns + 4)
  if (bandwidth === 'scott') return rows ** power
  if (bandwidth === 'silverman') return ((rows * (columns + 2)) / 4) ** power
  return bandwidth
}

interface Density {
  readonly training: Matrix
  readonly kernel: Kernel
  /** The score of a row whose kernels sum up to 1. */
  readonly base: number
  /** Of the row that is looked at: (distance / width)² / 2 from each training row. */
  readonly exponents: Float64Array
}

function densityOf(training: Matrix, kernel: Kernel): Density {
  const { rows, columns } = training
  const base = Math.log(rows) + (columns / 2) * Math.log(2 * Math.PI) + columns * Math.log(kernel.width)
  return { training, kernel, base, exponents: new Float64Array(rows) }
}

/** Each pair of rows is looked at once: its kernel is part of both sums. */
function scoreTraining(density: Density): Float64Array {
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

function createModel(density: Density): Model {
  const { training, kernel } = density
  const { columns } = training
  return {
    state: { training, width: kernel.width, metric: kernel.metric.kind },
    score(matrix) {
      requireWidth('KDE', matrix, columns)
      const scores = new Float64Array(matrix.rows)
      for (let row = 0; row < matrix.rows; row++)
        scores[row] = scoreOf(density, matrix.data.subarray(row * columns, (row + 1) * columns))
      return scores
    },
    explain(matrix) {
      requireWidth('KDE', matrix, columns)
      const parts = new Float64Array(matrix.data.length)
      const offsets = Int32Array.from({ length: training.rows }, (_, row) => row * columns)
      for (let from = 0; from < parts.length; from += columns) {
        const query = matrix.data.subarray(from, from + columns)
        const amounts = weighedExponents(density, query)
        addDistanceShares(
          query,
          { metric: kernel.metric, data: training.data, offsets, amounts },
          parts.subarray(from, from + columns),
        )
      }
      return parts
    },
  }
}

/** The exponents, each times the share that its kernel has of the density; where all overflow, each counts the same. */
function weighedExponents(density: Density, query: Float64Array): Float64Array {
  const { exponents, training } = density
  const least = measure(density, query, training.rows)
  if (least === Number.POSITIVE_INFINITY) return new Float64Array(training.rows).fill(1)
  const weights = exponents.map((exponent) =>
    exponent - least > NEGLIGIBLE ? 0 : Math.exp(least - exponent),
  )
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight, row) => (weight === 0 ? 0 : (weight / sum) * exponents[row]!))
}

function scoreOf(density: Density, query: Float64Array): number {
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
