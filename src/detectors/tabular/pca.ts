import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { standardCovariance } from '../covariance/standard-covariance.ts'
import {
  contaminationOption,
  type Detector,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { symmetricEigen } from '../linear-algebra/eigen.ts'
import { weightedDistances } from '../linear-algebra/weighted-distances.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN, overflowingDistance } from '../neighbours/metric.ts'
import { type Scaling, type Standard, scalingOf } from '../statistics/standardise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_components: z
    .union([z.int().min(1), z.number().gt(0).lt(1)])
    .nullable()
    .default(null)
    .meta({
      description:
        'Components to keep: all when null, so many, or as many as explain this share of the variance.',
    }),
  n_selected_components: z.int().min(1).nullable().default(null).meta({
    description: 'Only so many of the kept components, those of least variance, are used; all when null.',
  }),
  standardization: z
    .boolean()
    .default(true)
    .meta({ description: 'Bring every column to mean 0 and variance 1 first.' }),
  weighted: z
    .boolean()
    .default(true)
    .meta({ description: 'Weigh a component by the inverse of the share of variance that it explains.' }),
  whiten: z
    .boolean()
    .default(false)
    .meta({ description: 'Accepted for compatibility with PyOD, whose scores do not depend on it.' }),
  svd_solver: ignoredOption,
  tol: ignoredOption,
  iterated_power: ignoredOption,
  copy: ignoredOption,
  random_state: ignoredOption,
})

// A component that explains less than this share is rounding noise: its direction means nothing and its
// weight would drown all others.
const LEAST_SHARE = 1e-12

interface Components {
  /** One a row. */
  readonly vectors: Matrix
  /** What the distance to each is divided by. */
  readonly weights: Float64Array
}

/**
 * Score = sum over the components of |z - v| / r, where z is the standardised row, v the unit eigenvector
 * taken as a point, and r the share of variance that
 * it explains. Where PyOD divides by zero this is defined: components that explain (next to) nothing are
 * left out, which hides nothing because every distance is
 * taken in the full space; where no component is left (all columns constant) the score is |z|, with scale 1
 * for constant columns. The explanation divides each of the distances among the columns.
 */
export const pca = defineDetector({
  name: 'PCA',
  summary: 'Distances of a row to the principal components of the training rows.',
  source:
    'PyOD 3.6.7 pyod/models/pca.py; Shyu et al.: A novel anomaly detection scheme based on principal component classifier (2003)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n d² + d³', score: 'd²' },
  tuning: { n_components: [null, 0.9, 0.7] },
  options,
  example: { n_components: 0.95 },
  ...judgeByComponents('PCA'),
})

/** PCA under the name of the detector that uses it, which its errors tell. */
export function judgeByComponents(name: string): Detector<z.output<typeof options>> {
  return {
    fit(data, { n_components, n_selected_components, standardization, weighted }) {
      requireTrainable(name, data, 2)
      const standard = scalingOf(data, standardization)
      const components = select(name, decompose(data, standard), {
        kept: n_components,
        selected: n_selected_components,
        weighted,
        most: Math.min(data.rows, data.columns),
      })
      // PyOD centres rows only where it standardises them; with nothing but a constant to compare with, the
      // distance from it is what counts.
      const centre = standardization || components.weights.length === 0
      const mean = centre ? standard.mean : new Float64Array(data.columns)
      const model = createModel(name, { mean, scale: standard.scale }, components)
      return { model, trainScores: model.score(data) }
    },
    restore(state) {
      const read = readState(name, state)
      const standard = { mean: read.array('mean', Float64Array), scale: read.array('scale', Float64Array) }
      const components = { vectors: read.matrix('components'), weights: read.array('weights', Float64Array) }
      read.require(
        standard.mean.length > 0 &&
          standard.scale.length === standard.mean.length &&
          components.vectors.columns === standard.mean.length &&
          components.vectors.rows === components.weights.length,
        'its arrays do not fit together',
      )
      return createModel(name, standard, components)
    },
  }
}

interface Decomposition {
  readonly values: Float64Array
  readonly vectors: Float64Array
  readonly columns: number
}

/** Principal axes of the standardised rows. */
function decompose(data: Matrix, scaling: Scaling): Decomposition {
  const { columns } = data
  return { ...symmetricEigen(standardCovariance(data, scaling), columns), columns }
}

interface Selection {
  readonly kept: number | null
  readonly selected: number | null
  readonly weighted: boolean
  /** How many components there can be. */
  readonly most: number
}

function select(
  name: string,
  { values, vectors, columns }: Decomposition,
  { kept, selected, weighted, most }: Selection,
): Components {
  const variances = values.map((value) => Math.max(0, value))
  const total = variances.reduce((sum, variance) => sum + variance, 0)
  const shares = variances.map((variance) => (total > 0 ? variance / total : 0))
  const end = kept === null ? most : kept < 1 ? Math.min(most, countFor(shares, kept)) : kept
  if (end > most)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `${name} cannot keep ${end} components of data with ${most}: lower n_components`,
    )
  const count = selected ?? end
  if (count > end)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `${name} cannot select ${count} of ${end} components: lower n_selected_components`,
    )
  const chosen = Array.from({ length: count }, (_, i) => end - count + i).filter((i) =>
    weighted ? shares[i]! >= LEAST_SHARE : total > 0,
  )
  return {
    vectors: {
      data: Float64Array.from(
        chosen.flatMap((i) => Array.from(vectors.subarray(i * columns, (i + 1) * columns))),
      ),
      rows: chosen.length,
      columns,
    },
    weights: Float64Array.from(chosen, (i) => (weighted ? shares[i]! : 1)),
  }
}

/** How many components explain more than a share of the variance. */
function countFor(shares: Float64Array, wanted: number): number {
  let explained = 0
  let count = 0
  for (const share of shares) {
    count++
    explained += share
    if (explained > wanted) break
  }
  return count
}

function createModel(name: string, { mean, scale }: Standard, { vectors, weights }: Components): Model {
  const columns = mean.length
  const state: ModelState = { mean, scale, components: vectors, weights }
  // A row without components is compared with the mean, as if the mean were the only one.
  const alone = weights.length === 0
  const points = alone ? new Float64Array(columns) : vectors.data
  const divisors = alone ? Float64Array.of(1) : weights
  const distances = weightedDistances({ mean, scale }, points, divisors)
  const offsets = Int32Array.from(divisors, (_, i) => i * columns)
  return {
    state,
    score(data) {
      requireWidth(name, data, columns)
      return distances(data)
    },
    explain(data) {
      requireWidth(name, data, columns)
      const rows = data.data.map((value, i) => {
        const j = i % columns
        // Halves, because the difference of two large values can be infinite.
        const standard = ((value / 2 - mean[j]! / 2) / scale[j]!) * 2
        return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, standard))
      })
      const parts = new Float64Array(rows.length)
      for (let from = 0; from < rows.length; from += columns) {
        const row = rows.subarray(from, from + columns)
        const amounts = divisors.map(
          (divisor, i) =>
            overflowingDistance(EUCLIDEAN, row, points.subarray(i * columns, (i + 1) * columns)) / divisor,
        )
        const compared = { metric: EUCLIDEAN, data: points, offsets, amounts }
        addDistanceShares(row, compared, parts.subarray(from, from + columns))
      }
      return parts
    },
  }
}
