import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { createAngles } from '../neighbours/angles.ts'
import type { Metric } from '../neighbours/metric.ts'
import { exponentOption, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import { metricState, readMetric } from '../neighbours/metric-state.ts'
import { indexRows } from '../neighbours/nearest.ts'
import type { Parallel } from '../parallel/parallel.ts'

const METHODS = ['fast', 'default'] as const

const options = z.strictObject({
  contamination: contaminationOption,
  n_neighbors: z.int().min(1).default(5).meta({
    description:
      'How many nearest training rows a row is seen from with the method fast, a training row itself among its own; with fewer training rows, all.',
  }),
  method: z.enum(METHODS).default('fast').meta({
    description: 'Angles to the nearest training rows (fast), or to all of them (default), which takes long.',
  }),
  metric: metricOption.meta({ description: 'The distance; minkowski uses the exponent p.' }),
  p: exponentOption,
  metric_params: metricParamsOption,
  algorithm: ignoredOption,
  leaf_size: ignoredOption,
  n_jobs: ignoredOption,
})

interface Settings {
  readonly neighbours: number
  readonly method: (typeof METHODS)[number]
  readonly metric: Metric
}

/**
 * Score = - variance, over all pairs of training rows a and b, of <a, b> / (|a|² |b|²), both seen from the row: from far outside, all
 * others lie in one direction. Rows in the very place of the row form no angle. Where they leave less than two angles, which is among many
 * duplicates, the score is that of the least strange training row, and -1 where there is none; PyOD gives no number, or 0, its strangest
 * score. A variance beyond the largest number is that number.
 */
export const abod = defineDetector({
  name: 'ABOD',
  summary: 'How little the directions vary in which a row sees its neighbours.',
  source:
    'PyOD 3.6.7 pyod/models/abod.py; Kriegel, Schubert, Zimek: Angle-based outlier detection in high-dimensional data (2008)',
  family: 'tabular',
  complexity: {
    fit: 'n log n + n k² d, n² above 20 columns, n³ d with method default',
    score: 'log n + k² d, n above 20 columns, n² d with method default',
  },
  tuning: { n_neighbors: [5, 10, 20] },
  options,
  example: { n_neighbors: 10, method: 'fast' },
  fit(data, { n_neighbors, method, metric, p }, { parallel }) {
    requireTrainable('ABOD', data, 3)
    const training = { ...data, data: data.data.slice() }
    const neighbours = Math.min(n_neighbors, data.rows - 1)
    const settings: Settings = { neighbours, method, metric: metricNamed(metric, p) }
    const variances = createVariances(training, settings, parallel)
    const trainScores = variances(training)
    let least = Number.POSITIVE_INFINITY
    for (const score of trainScores) if (score < least) least = score
    if (least === Number.POSITIVE_INFINITY) least = -1
    return {
      model: createModel({ training, settings, variances }, least),
      trainScores: defined(trainScores, least),
    }
  },
  restore(state, { parallel } = {}) {
    const read = readState('ABOD', state)
    const neighbours = read.number('neighbours')
    const training = read.matrix('training')
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < training.rows && training.columns > 0,
      'its rows are too few or empty',
    )
    const settings: Settings = { neighbours, method: read.text('method', METHODS), metric: readMetric(read) }
    const variances = createVariances(training, settings, parallel)
    return createModel({ training, settings, variances }, read.number('least'))
  },
})

/** The negative variances of rows; NaN where there are less than two angles. */
type Variances = (matrix: Matrix) => Float64Array

interface Parts {
  readonly training: Matrix
  readonly settings: Settings
  readonly variances: Variances
}

function createModel({ training, settings, variances }: Parts, least: number): Model {
  const { neighbours, method, metric } = settings
  return {
    state: { neighbours, method, ...metricState(metric), training, least },
    score(matrix) {
      requireWidth('ABOD', matrix, training.columns)
      return defined(variances(matrix), least)
    },
  }
}

/** A row never forms an angle with itself, so that training rows need not be told from others. */
function createVariances(
  training: Matrix,
  { neighbours, method, metric }: Settings,
  parallel: Parallel | undefined,
): Variances {
  const index = indexRows(training, metric, parallel)
  const all = new Int32Array(training.rows).map((_, row) => row)
  return (matrix) => {
    const chosen = method === 'fast' ? neighbours : training.rows
    const angles = createAngles(training, chosen)
    const indices = method === 'fast' ? index.nearest(matrix, neighbours).indices : all
    const scores = new Float64Array(matrix.rows)
    for (let row = 0; row < matrix.rows; row++)
      scores[row] = -angles(matrix, row, indices, method === 'fast' ? row * neighbours : 0)
    return scores
  }
}

function defined(scores: Float64Array, least: number): Float64Array {
  return scores.map((score) => (Number.isNaN(score) ? least : score))
}
