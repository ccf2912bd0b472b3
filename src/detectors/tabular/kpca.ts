import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { type Axes, type FeatureSpace, featureSpace, unexplained } from '../kernels/feature-space.ts'
import { hullOf } from '../kernels/hull.ts'
import { KERNELS, type Kernel } from '../kernels/kernel.ts'
import { leadingEigen } from '../linear-algebra/lanczos.ts'
import { drawDistinct } from '../statistics/draw.ts'

const KINDS = [...KERNELS, 'cosine'] as const
type Kind = (typeof KINDS)[number]

const options = z.strictObject({
  contamination: contaminationOption,
  n_components: z.int().min(1).nullable().default(null).meta({
    description: 'Principal components in the space of the kernel; all when null.',
  }),
  n_selected_components: z.int().min(1).nullable().default(null).meta({
    description: 'Only so many of them, those of most variance, are used; all when null.',
  }),
  kernel: z.enum(KINDS).default('rbf').meta({
    description:
      'How alike two rows are: x·y (linear), (gamma x·y + coef0)^degree (poly), exp(-gamma |x - y|²) (rbf), tanh(gamma x·y + coef0) (sigmoid) or their cosine.',
  }),
  gamma: z.number().min(0).nullable().default(null).meta({
    description: 'Factor of the poly, rbf and sigmoid kernels; 1 / columns when null.',
  }),
  degree: z.number().min(0).default(3).meta({ description: 'Exponent of the poly kernel.' }),
  coef0: z.number().default(1).meta({ description: 'What the poly and sigmoid kernels add.' }),
  sampling: z.boolean().default(false).meta({
    description: 'Learn from some random rows only, which costs far less time.',
  }),
  subset_size: z.number().positive().default(20).meta({
    description: 'Rows to learn from when sampling: their number, or below 1 their share.',
  }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the sampling; null takes the metric's own, so that results repeat either way.",
  }),
  kernel_params: ignoredOption,
  alpha: ignoredOption,
  eigen_solver: ignoredOption,
  tol: ignoredOption,
  max_iter: ignoredOption,
  remove_zero_eig: ignoredOption,
  copy_X: ignoredOption,
  n_jobs: ignoredOption,
})

// An eigenvalue below this share of the largest is zero but for rounding.
const LEAST_SHARE = 1e-12

/**
 * Score = the part of a row, in the space of the kernel, that the principal components of the training rows leave unexplained. All
 * components explain every training row, so that PyOD's scores of them are rounding errors; here the score of a training row (or of one
 * equal to it) is its distance to the plane through the others. Sampling scores the rows that were not drawn too, as new ones.
 */
export const kpca = defineDetector({
  name: 'KPCA',
  summary: 'What kernel principal components of the training rows cannot explain of a row.',
  source:
    'PyOD 3.6.7 pyod/models/kpca.py over scikit-learn 1.9.1; Hoffmann: Kernel PCA for novelty detection (2007)',
  family: 'tabular',
  complexity: { fit: 'n³, n² of few components', score: 'n², n of few components' },
  options,
  example: { n_components: 10 },
  fit(data, settings, { random }) {
    requireTrainable('KPCA', data, 2)
    const { sampling, subset_size, random_state } = settings
    const subset = sampling
      ? drawDistinct(
          random_state === null ? random : createRandom(random_state),
          data.rows,
          subsetRows(subset_size, data),
        )
      : undefined
    const points = pick(normalised(data, settings.kernel), subset)
    const { kernel: kind, degree, coef0 } = settings
    const gamma = settings.gamma ?? 1 / data.columns
    const kernel: Kernel = { kind: kind === 'cosine' ? 'linear' : kind, gamma, degree, coef0 }
    const { space, centred, distances } = featureSpace(points, kernel)
    const count = componentsOf(settings, points.rows)
    const { axes, scores } =
      count < points.rows - 1 ? leadingAxes(centred, distances, count) : hullAxes(centred, distances.length)
    const model = createModel(space, { axes, scores }, kind)
    if (subset === undefined) return { model, trainScores: scores }
    const trainScores = model.score(data)
    subset.forEach((row, i) => {
      trainScores[row] = scores[i]!
    })
    return { model, trainScores }
  },
  restore(state) {
    const read = readState('KPCA', state)
    const kind = read.text('kernel', KINDS)
    const space: FeatureSpace = {
      kernel: {
        kind: kind === 'cosine' ? 'linear' : kind,
        gamma: read.number('gamma'),
        degree: read.number('degree'),
        coef0: read.number('coef0'),
      },
      points: read.matrix('points'),
      means: read.array('means', Float64Array),
      mean: read.number('mean'),
    }
    const axes: Axes = {
      shape: read.text('shape', ['triangle', 'rows']),
      entries: read.array('axes', Float64Array),
    }
    const { rows, columns } = space.points
    const { length } = axes.entries
    read.require(
      rows > 0 && columns > 0 && space.means.length === rows,
      'its points and means do not fit together',
    )
    read.require(
      axes.shape === 'triangle' ? length === (rows * (rows + 1)) / 2 : length % rows === 0,
      'its axes do not fit its points',
    )
    const scores = read.array('scores', Float64Array)
    read.require(scores.length === rows, 'its scores do not fit its points')
    return createModel(space, { axes, scores }, kind)
  },
})

function subsetRows(size: number, { rows }: Matrix): number {
  const count = size < 1 ? Math.max(2, Math.floor(size * rows)) : Math.floor(size)
  if (count > rows || count < 2)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `KPCA cannot draw ${count} of ${rows} rows: set subset_size to at least 2 and at most the number of rows`,
    )
  return count
}

function componentsOf(
  { n_components, n_selected_components }: z.output<typeof options>,
  rows: number,
): number {
  const kept = Math.min(rows, n_components ?? rows)
  if (n_selected_components !== null && n_selected_components > kept)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `KPCA cannot select ${n_selected_components} of ${kept} components: lower n_selected_components`,
    )
  return n_selected_components ?? kept
}

interface Explained {
  readonly axes: Axes
  /** Of the training rows. */
  readonly scores: Float64Array
}

function leadingAxes(centred: Float64Array, distances: Float64Array, count: number): Explained {
  const rows = distances.length
  const { values, vectors } = leadingEigen(centred, rows, count)
  const least = LEAST_SHARE * values[0]!
  const kept = values.filter((value) => value > Math.max(least, 0)).length
  const scores = distances.slice()
  const entries = vectors.slice(0, kept * rows)
  for (let k = 0; k < kept; k++)
    for (let i = 0; i < rows; i++) {
      const loading = entries[k * rows + i]!
      scores[i]! -= values[k]! * loading * loading
      entries[k * rows + i] = loading / Math.sqrt(values[k]!)
    }
  return { axes: { shape: 'rows', entries }, scores }
}

function hullAxes(centred: Float64Array, rows: number): Explained {
  const { triangle, leftOut } = hullOf(centred, rows)
  return { axes: { shape: 'triangle', entries: triangle }, scores: leftOut }
}

/** The rows that were drawn, or all, as a copy. */
function pick({ data, rows, columns }: Matrix, chosen: Int32Array | undefined): Matrix {
  if (chosen === undefined) return { data: data.slice(), rows, columns }
  const picked = new Float64Array(chosen.length * columns)
  chosen.forEach((row, i) => {
    picked.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { data: picked, rows: chosen.length, columns }
}

/** Rows of length 1 for the cosine, whose kernel values are then scalar products; a row of zeros stays. */
function normalised(matrix: Matrix, kind: Kind): Matrix {
  if (kind !== 'cosine') return matrix
  const { rows, columns } = matrix
  const data = matrix.data.slice()
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * columns, (row + 1) * columns)
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    if (largest === 0) continue
    for (let j = 0; j < columns; j++) own[j]! /= largest
    const length = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0))
    for (let j = 0; j < columns; j++) own[j]! /= length
  }
  return { data, rows, columns }
}

function createModel(space: FeatureSpace, { axes, scores: own }: Explained, kind: Kind): Model {
  const { kernel, points, means, mean } = space
  const { gamma, degree, coef0 } = kernel
  const state: ModelState = {
    kernel: kind,
    gamma,
    degree,
    coef0,
    points,
    means,
    mean,
    shape: axes.shape,
    axes: axes.entries,
    scores: own,
  }
  return {
    state,
    score(data) {
      requireWidth('KPCA', data, points.columns)
      const queries = normalised(data, kind)
      const scores = unexplained(space, axes, queries)
      if (axes.shape === 'triangle')
        for (let row = 0; row < data.rows; row++) {
          const point = findRow(points, queries, row)
          if (point >= 0) scores[row] = own[point]!
        }
      return scores
    },
  }
}

/** The number of the first row of `matrix` that equals a row of `queries`; -1 when none does. */
function findRow({ data, rows, columns }: Matrix, queries: Matrix, query: number): number {
  const offset = query * columns
  for (let row = 0; row < rows; row++) {
    let j = 0
    while (j < columns && data[row * columns + j] === queries.data[offset + j]) j++
    if (j === columns) return row
  }
  return -1
}
