import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { kMeans, seedRows } from '../clustering/k-means.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import {
  COVARIANCE_TYPES,
  type Estimation,
  estimate,
  fromPrecisions,
  logDensities,
  type Mixture,
  shareOut,
} from '../mixtures/gaussian-mixture.ts'
import { mixtureParts } from '../mixtures/mixture-parts.ts'
import { drawDistinct } from '../statistics/draw.ts'
import { shrinkFor } from '../statistics/standardise.ts'

const row = z.array(z.number()).min(1)

const options = z.strictObject({
  contamination: contaminationOption,
  n_components: z.int().min(1).default(1).meta({ description: 'Gaussian components of the density.' }),
  covariance_type: z.enum(COVARIANCE_TYPES).default('full').meta({
    description:
      'full: every component has its own covariance; tied: all share one; diag: columns are independent; spherical: and have one variance.',
  }),
  tol: z.number().min(0).default(1e-3).meta({
    description: 'Training ends when the mean log-likelihood gains less than this in a round.',
  }),
  reg_covar: z.number().min(0).default(1e-6).meta({ description: 'Added to the variances of all columns.' }),
  max_iter: z.int().min(0).default(100).meta({ description: 'Rounds of training at most.' }),
  n_init: z
    .int()
    .min(1)
    .default(1)
    .meta({ description: 'Trainings from different starts; the likeliest counts.' }),
  init_params: z.enum(['kmeans', 'k-means++', 'random', 'random_from_data']).default('kmeans').meta({
    description:
      'Start from clusters, from rows far from each other, from random shares, or from random rows.',
  }),
  weights_init: row.nullable().default(null).meta({ description: 'Weights to start from, one a component.' }),
  means_init: z.array(row).nullable().default(null).meta({
    description: 'Means to start from: a row a component.',
  }),
  precisions_init: z
    .union([z.array(z.array(row)), z.array(row), row])
    .nullable()
    .default(null)
    .meta({
      description:
        'Inverse covariances to start from: a matrix a component (full), one (tied), a row (diag) or a number a component (spherical).',
    }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the starts; null takes the metric's own, so that results repeat either way.",
  }),
  warm_start: ignoredOption,
})

type Settings = Omit<z.output<typeof options>, 'warm_start'> & { readonly random: Random }

/**
 * Score = -log of the density of a row under the mixture. A covariance that is not positive definite even with `reg_covar`, where
 * scikit-learn gives up, gets the least diagonal that makes it so. Huge columns are first divided by a power of two (and the density
 * corrected for it). A row so far away that its log density overflows scores the largest number there is. Explained by halves of the squared
 * Mahalanobis distances, see `mixture-parts.ts`.
 */
export const gmm = defineDetector({
  name: 'GMM',
  summary: 'How improbable a row is under a mixture of Gaussians.',
  source:
    'PyOD 3.6.7 pyod/models/gmm.py over scikit-learn 1.9.1 sklearn/mixture; Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM algorithm (1977)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'rounds · components · n d²', score: 'components · d²' },
  options,
  example: { n_components: 2, covariance_type: 'full', random_state: 42 },
  fit(data, settings, { random }) {
    const { n_components, n_init, random_state } = settings
    requireTrainable('GMM', data, Math.max(2, n_components))
    const shrink = shrinkOf(data)
    const start = {
      ...settings,
      random: random_state === null ? random : createRandom(random_state),
    }
    const scaled = scale(data, shrink)
    let best = train(scaled, shrink, start)
    for (let i = 1; i < n_init; i++) {
      const next = train(scaled, shrink, start)
      if (next.likelihood > best.likelihood) best = next
    }
    const model = createModel(best.mixture, shrink)
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('GMM', state)
    const mixture: Mixture = {
      logWeights: read.array('logWeights', Float64Array),
      means: read.matrix('means'),
      whitening: read.array('whitening', Float64Array),
    }
    const shrink = read.array('shrink', Float64Array)
    const { rows, columns } = mixture.means
    read.require(rows > 0 && columns > 0, 'it has no components')
    read.require(
      mixture.logWeights.length === rows &&
        shrink.length === columns &&
        [rows * columns, rows * columns * columns].includes(mixture.whitening.length),
      'its arrays do not fit together',
    )
    return createModel(mixture, shrink)
  },
})

/** What each column is multiplied by so that its squares do not overflow. */
function shrinkOf({ data, columns }: Matrix): Float64Array {
  const largest = new Float64Array(columns)
  for (let i = 0; i < data.length; i++)
    largest[i % columns] = Math.max(largest[i % columns]!, Math.abs(data[i]!))
  return largest.map(shrinkFor)
}

function scale(data: Matrix, shrink: Float64Array): Matrix {
  if (shrink.every((factor) => factor === 1)) return data
  return { ...data, data: data.data.map((value, i) => value * shrink[i % data.columns]!) }
}

function train(
  data: Matrix,
  shrink: Float64Array,
  settings: Settings,
): { readonly mixture: Mixture; readonly likelihood: number } {
  const { n_components, covariance_type, reg_covar, max_iter, tol } = settings
  const estimation = { type: covariance_type, floor: shrink.map((factor) => reg_covar * factor * factor) }
  let mixture = begin(data, shrink, { settings, estimation })
  let likelihood = Number.NEGATIVE_INFINITY
  for (let round = 0; round < max_iter; round++) {
    const shares = logDensities(mixture, data)
    const logs = shareOut(shares, n_components)
    const mean = logs.reduce((sum, log) => sum + log / data.rows, 0)
    const responsibilities = { data: shares, rows: data.rows, columns: n_components }
    mixture = estimate(data, responsibilities, { ...estimation, total: undefined })
    const gain = Math.abs(mean - likelihood)
    likelihood = mean
    // One component takes all rows whatever it was before.
    if (gain < tol || n_components === 1) break
  }
  return { mixture, likelihood }
}

interface Start {
  readonly settings: Settings
  readonly estimation: Estimation
}

function begin(data: Matrix, shrink: Float64Array, { settings, estimation }: Start): Mixture {
  const { n_components: components, weights_init, means_init, precisions_init } = settings
  const { rows, columns } = data
  requireShapes(settings, columns)
  const drawn =
    weights_init && means_init && precisions_init
      ? undefined
      : estimate(data, firstShares(data, settings), { ...estimation, total: rows })
  const means = means_init && {
    data: Float64Array.from(means_init.flat(), (value, i) => value * shrink[i % columns]!),
    rows: components,
    columns,
  }
  return {
    logWeights: weights_init ? Float64Array.from(weights_init, Math.log) : drawn!.logWeights,
    means: means ?? drawn!.means,
    whitening: precisions_init
      ? fromPrecisions(precisions_init, { type: estimation.type, components, shrink })
      : drawn!.whitening,
  }
}

function requireShapes(
  { n_components, covariance_type, weights_init, means_init, precisions_init }: Settings,
  columns: number,
): void {
  const require = (name: string, fits: boolean, wanted: string): void => {
    if (!fits)
      throw new AnomstackError('TRAINING_IMPOSSIBLE', `GMM cannot start from ${name}: it must be ${wanted}`)
  }
  require('weights_init', weights_init === null ||
    (weights_init.length === n_components &&
      weights_init.every((weight) => weight > 0) &&
      Math.abs(1 - weights_init.reduce((sum, weight) => sum + weight, 0)) <
        1e-6), `${n_components} positive numbers with the sum 1`)
  require('means_init', means_init === null ||
    (means_init.length === n_components &&
      means_init.every((mean) => mean.length === columns)), `${n_components} rows of ${columns} numbers`)
  const shape = {
    full: [n_components, columns, columns],
    tied: [columns, columns],
    diag: [n_components, columns],
    spherical: [n_components],
  }[covariance_type]
  require('precisions_init', precisions_init === null ||
    hasShape(precisions_init, shape), `of the shape ${shape.join(' x ')} for ${covariance_type}`)
}

function hasShape(value: unknown, [length, ...rest]: readonly number[]): boolean {
  if (length === undefined) return typeof value === 'number'
  return Array.isArray(value) && value.length === length && value.every((item) => hasShape(item, rest))
}

/** The share that each component has of each row before anything is learned. */
function firstShares(data: Matrix, { n_components, init_params, random }: Settings): Matrix {
  const shares = new Float64Array(data.rows * n_components)
  const give = (rows: Int32Array): void =>
    rows.forEach((row, k) => {
      shares[row * n_components + k] = 1
    })
  switch (init_params) {
    case 'kmeans':
      if (n_components === 1) shares.fill(1)
      else
        kMeans(data, { clusters: n_components, random }).labels.forEach((k, row) => {
          shares[row * n_components + k] = 1
        })
      break
    case 'k-means++':
      give(seedRows(data, n_components, random))
      break
    case 'random_from_data':
      give(drawDistinct(random, data.rows, n_components))
      break
    case 'random':
      for (let from = 0; from < shares.length; from += n_components) {
        const own = shares.subarray(from, from + n_components)
        for (let k = 0; k < n_components; k++) own[k] = 1 - random.next()
        const sum = own.reduce((total, share) => total + share, 0)
        for (let k = 0; k < n_components; k++) own[k]! /= sum
      }
  }
  return { data: shares, rows: data.rows, columns: n_components }
}

function createModel(mixture: Mixture, shrink: Float64Array): Model {
  const { columns, rows: components } = mixture.means
  const state: ModelState = { ...mixture, shrink }
  let explain: ((rows: Matrix) => Float64Array) | undefined
  const correction = shrink.reduce((sum, factor) => sum + Math.log(factor), 0)
  return {
    state,
    score(data) {
      requireWidth('GMM', data, columns)
      const logs = shareOut(logDensities(mixture, scale(data, shrink)), components)
      return logs.map((log) => Math.min(Number.MAX_VALUE, -(log + correction)))
    },
    explain(data) {
      requireWidth('GMM', data, columns)
      explain ??= mixtureParts(mixture)
      return explain(scale(data, shrink))
    },
  }
}
