import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import {
  type Density,
  densityOf,
  densityScores,
  type Kernel,
  scoreOf,
  scoreTraining,
  weighedExponents,
} from '../kernels/kernel-density.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import { METRIC_NAMES, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import type { Parallel } from '../parallel/parallel.ts'

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
  fit(data, { bandwidth, metric }, { parallel }) {
    requireTrainable('KDE', data, 1)
    const kernel: Kernel = { width: widthOf(bandwidth, data), metric: metricNamed(metric) }
    const density = densityOf({ ...data, data: data.data.slice() }, kernel)
    return { model: createModel(density, parallel), trainScores: trainScores(density, parallel) }
  },
  restore(state, { parallel } = {}) {
    const read = readState('KDE', state)
    const width = read.number('width')
    const training = read.matrix('training')
    const kind = read.text('metric', METRIC_NAMES)
    read.require(
      width > 0 && training.rows > 0 && training.columns > 0,
      'its bandwidth or its rows are not valid',
    )
    return createModel(densityOf(training, { width, metric: metricNamed(kind) }), parallel)
  },
})

/** Scott's and Silverman's rules without the standard deviation, as scikit-learn has them. */
function widthOf(bandwidth: number | 'scott' | 'silverman', { rows, columns }: Matrix): number {
  const power = -1 / (columns + 4)
  if (bandwidth === 'scott') return rows ** power
  if (bandwidth === 'silverman') return ((rows * (columns + 2)) / 4) ** power
  return bandwidth
}

/** Row by row, as threads share it, the work is twice as much. */
function trainScores(density: Density, parallel: Parallel | undefined): Float64Array {
  const { training, kernel } = density
  if (parallel?.takes(training.rows) && parallel.threads > 2)
    return parallel.run(densityScores, { training, kernel, queries: undefined }, training.rows).scores
  return scoreTraining(density)
}

function createModel(density: Density, parallel: Parallel | undefined): Model {
  const { training, kernel } = density
  const { columns } = training
  return {
    state: { training, width: kernel.width, metric: kernel.metric.kind },
    score(matrix) {
      requireWidth('KDE', matrix, columns)
      if (parallel?.takes(matrix.rows))
        return parallel.run(densityScores, { training, kernel, queries: matrix.data }, matrix.rows).scores
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
