import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { KERNELS, type Kernel, kernelRow } from '../kernels/kernel.ts'
import { solveOneClass } from '../kernels/one-class.ts'
import { shrinkFor } from '../statistics/standardise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  kernel: z.enum(KERNELS).default('rbf').meta({
    description:
      'How alike two rows are: x·y (linear), (gamma x·y + coef0)^degree (poly), exp(-gamma |x - y|²) (rbf) or tanh(gamma x·y + coef0) (sigmoid).',
  }),
  degree: z.int().min(0).default(3).meta({ description: 'Exponent of the poly kernel.' }),
  gamma: z
    .union([z.enum(['auto', 'scale']), z.number().min(0)])
    .default('auto')
    .meta({
      description:
        'Factor of the poly, rbf and sigmoid kernels: auto is 1 / columns, scale also divides by the variance of all values.',
    }),
  coef0: z.number().default(0).meta({ description: 'What the poly and sigmoid kernels add.' }),
  tol: z.number().positive().default(1e-3).meta({ description: 'How exactly the boundary is found.' }),
  nu: z.number().gt(0).lte(1).default(0.5).meta({
    description: 'Share of the training rows that may lie outside the boundary, at most.',
  }),
  shrinking: z.boolean().default(true).meta({
    description: 'Leave rows out of the training while they seem to be settled; it saves time.',
  }),
  cache_size: z.number().positive().default(200).meta({
    description: 'Megabytes for kernel values during the training.',
  }),
  max_iter: z
    .int()
    .min(-1)
    .default(-1)
    .meta({ description: 'Steps of the training at most; -1 sets no limit.' }),
  verbose: ignoredOption,
})

/** Rows that the boundary rests on. */
interface Boundary {
  readonly kernel: Kernel
  readonly support: Matrix
  readonly weights: Float64Array
  readonly offset: number
}

/**
 * Score = how far a row is outside the boundary around the denser part of the training rows, in the space of the kernel; negative inside.
 * Kernel values beyond 1e30 count as 1e30, and a training in which rounding prevents further progress ends, where libsvm would not.
 */
export const ocsvm = defineDetector({
  name: 'OCSVM',
  aliases: ['OneClassSVM'],
  summary:
    'How far outside the boundary around most training rows a row is (one-class support vector machine).',
  source:
    'PyOD 3.6.7 pyod/models/ocsvm.py over the libsvm of scikit-learn 1.9.1; Schölkopf et al.: Estimating the support of a high-dimensional distribution (2001)',
  family: 'tabular',
  complexity: { fit: 'n² d', score: 'nu n d' },
  options,
  example: { kernel: 'rbf', nu: 0.1 },
  fit(data, { kernel: kind, degree, gamma, coef0, tol, nu, shrinking, cache_size, max_iter }) {
    requireTrainable('OCSVM', data, 1)
    const kernel = { kind, gamma: gammaOf(gamma, data), degree, coef0 }
    const { weights, offset, sums } = solveOneClass(data, {
      kernel,
      nu,
      tolerance: tol,
      shrinking,
      cacheMegabytes: cache_size,
      steps: max_iter,
    })
    const model = createModel({ kernel, offset, ...supportOf(data, weights) })
    return { model, trainScores: sums.map((sum) => offset - sum) }
  },
  restore(state) {
    const read = readState('OCSVM', state)
    const boundary = {
      kernel: {
        kind: read.text('kernel', KERNELS),
        gamma: read.number('gamma'),
        degree: read.number('degree'),
        coef0: read.number('coef0'),
      },
      support: read.matrix('support'),
      weights: read.array('weights', Float64Array),
      offset: read.number('offset'),
    }
    read.require(
      boundary.support.columns > 0 && boundary.support.rows === boundary.weights.length,
      'its rows and weights do not fit together',
    )
    return createModel(boundary)
  },
})

function gammaOf(gamma: number | 'auto' | 'scale', { data, columns }: Matrix): number {
  if (gamma === 'auto') return 1 / columns
  if (gamma !== 'scale') return gamma
  const shrink = shrinkFor(data.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
  const mean = data.reduce((sum, value) => sum + (value * shrink) / data.length, 0)
  const squares = data.reduce((sum, value) => sum + (value * shrink - mean) ** 2 / data.length, 0)
  return squares > 0 ? Math.min(Number.MAX_VALUE, (shrink * shrink) / (columns * squares)) : 1
}

function supportOf({ data, columns }: Matrix, all: Float64Array): Pick<Boundary, 'support' | 'weights'> {
  const chosen = numbersOf(all)
  const rows = new Float64Array(chosen.length * columns)
  const weights = new Float64Array(chosen.length)
  for (let i = 0, cell = 0; i < chosen.length; i++) {
    const row = chosen[i]!
    weights[i] = all[row]!
    for (let from = row * columns, end = from + columns; from < end; from++) rows[cell++] = data[from]!
  }
  return { support: { data: rows, rows: chosen.length, columns }, weights }
}

/** The numbers of the rows with a weight. */
function numbersOf(weights: Float64Array): Int32Array {
  const numbers = new Int32Array(weights.length)
  let count = 0
  for (let row = 0; row < weights.length; row++) if (weights[row]! > 0) numbers[count++] = row
  return numbers.slice(0, count)
}

function createModel({ kernel, support, weights, offset }: Boundary): Model {
  const { kind, ...parameters } = kernel
  const state: ModelState = { kernel: kind, ...parameters, support, weights, offset }
  const values = new Float64Array(support.rows)
  return {
    state,
    score(data) {
      requireWidth('OCSVM', data, support.columns)
      const scores = new Float64Array(data.rows)
      for (let row = 0; row < data.rows; row++) {
        const query = { query: data.data, offset: row * data.columns, from: 0, to: support.rows }
        kernelRow(kernel, support, query, values)
        scores[row] = offset - product(weights, values)
      }
      return scores
    },
  }
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
