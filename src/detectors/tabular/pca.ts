import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { standardCovariance } from '../covariance/standard-covariance.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { symmetricEigen } from '../linear-algebra/eigen.ts'
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
 * for constant columns.
 */
export const pca = defineDetector({
  name: 'PCA',
  summary: 'Distances of a row to the principal components of the training rows.',
  source:
    'PyOD 3.6.7 pyod/models/pca.py; Shyu et al.: A novel anomaly detection scheme based on principal component classifier (2003)',
  family: 'tabular',
  complexity: { fit: 'n d² + d³', score: 'd²' },
  tuning: { n_components: [null, 0.9, 0.7] },
  options,
  example: { n_components: 0.95 },
  fit(data, { n_components, n_selected_components, standardization, weighted }) {
    requireTrainable('PCA', data, 2)
    const standard = scalingOf(data, standardization)
    const components = select(decompose(data, standard), {
      kept: n_components,
      selected: n_selected_components,
      weighted,
      most: Math.min(data.rows, data.columns),
    })
    // PyOD centres rows only where it standardises them; with nothing but a constant to compare with, the
    // distance from it is what counts.
    const centre = standardization || components.weights.length === 0
    const mean = centre ? standard.mean : new Float64Array(data.columns)
    const model = createModel({ mean, scale: standard.scale }, components)
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('PCA', state)
    const standard = { mean: read.array('mean', Float64Array), scale: read.array('scale', Float64Array) }
    const components = { vectors: read.matrix('components'), weights: read.array('weights', Float64Array) }
    read.require(
      standard.mean.length > 0 &&
        standard.scale.length === standard.mean.length &&
        components.vectors.columns === standard.mean.length &&
        components.vectors.rows === components.weights.length,
      'its arrays do not fit together',
    )
    return createModel(standard, components)
  },
})

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
      `PCA cannot keep ${end} components of data with ${most}: lower n_components`,
    )
  const count = selected ?? end
  if (count > end)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `PCA cannot select ${count} of ${end} components: lower n_selected_components`,
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

// Rows that are judged together, few enough to stay near the processor.
const BLOCK = 64
// Where a distance is this small beside its terms it is taken again, from the differences.
const CANCELLED = 1e-3

function createModel({ mean, scale }: Standard, { vectors, weights }: Components): Model {
  const columns = mean.length
  const state: ModelState = { mean, scale, components: vectors, weights }
  // A row without components is compared with the mean, as if the mean were the only one.
  const points = weights.length === 0 ? new Float64Array(columns) : vectors.data
  const divisors = weights.length === 0 ? Float64Array.of(1) : weights
  const norms = new Float64Array(divisors.length)
  for (let i = 0; i < points.length; i++) norms[Math.floor(i / columns)]! += points[i]! * points[i]!
  const axes: Axes = {
    points,
    norms,
    mean,
    // Multiplying takes a fraction of the time of dividing.
    inverse: scale.map((value) => Math.min(Number.MAX_VALUE, 1 / value)),
    factors: divisors.map((divisor) => 1 / divisor),
  }
  const block: Block = {
    z: new Float64Array(BLOCK * columns),
    lengths: new Float64Array(BLOCK),
    totals: new Float64Array(BLOCK),
  }
  return {
    state,
    score(data) {
      requireWidth('PCA', data, columns)
      const scores = new Float64Array(data.rows)
      for (let first = 0; first < data.rows; first += BLOCK) {
        const count = Math.min(BLOCK, data.rows - first)
        fillBlock(data, first, { axes, block })
        for (let i = 0; i < divisors.length; i++) addDistances(axes, i, block)
        for (let row = 0; row < count; row++) {
          const score = block.totals[row]!
          scores[first + row] = Number.isFinite(score)
            ? score
            : farScore(
                mean.map((_, j) => block.z[j * BLOCK + row]!),
                divisors,
              )
        }
      }
      return scores
    },
  }
}

interface Axes {
  readonly points: Float64Array
  /** The squared length of each point. */
  readonly norms: Float64Array
  readonly mean: Float64Array
  readonly inverse: Float64Array
  readonly factors: Float64Array
}

interface Block {
  /** Standardised rows, column by column. */
  readonly z: Float64Array
  /** Their squared lengths. */
  readonly lengths: Float64Array
  /** Their scores, when all points are done. */
  readonly totals: Float64Array
}

function fillBlock(
  { data, rows }: Matrix,
  first: number,
  { axes, block }: { readonly axes: Axes; readonly block: Block },
): void {
  const { mean, inverse } = axes
  const { z, lengths, totals } = block
  const columns = mean.length
  const count = Math.min(BLOCK, rows - first)
  totals.fill(0)
  for (let row = 0, from = first * columns; row < count; row++, from += columns) {
    let squares = 0
    for (let j = 0, cell = row; j < columns; j++, cell += BLOCK) {
      const value = (data[from + j]! - mean[j]!) * inverse[j]!
      z[cell] = value
      squares += value * value
    }
    lengths[row] = squares
  }
}

/** Adds the weighted distances to point i, from |z|² - 2 z·v + |v|²: four rows at a time, whatever stands in those past the last. */
function addDistances(
  { points, norms, factors, mean }: Axes,
  i: number,
  { z, lengths, totals }: Block,
): void {
  const columns = mean.length
  const norm = norms[i]!
  const factor = factors[i]!
  const from = i * columns
  for (let row = 0; row < BLOCK; row += 4) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let j = 0, cell = row; j < columns; j++, cell += BLOCK) {
      const loading = points[from + j]!
      s0 += loading * z[cell]!
      s1 += loading * z[cell + 1]!
      s2 += loading * z[cell + 2]!
      s3 += loading * z[cell + 3]!
    }
    const l0 = lengths[row]! + norm
    const l1 = lengths[row + 1]! + norm
    const l2 = lengths[row + 2]! + norm
    const l3 = lengths[row + 3]! + norm
    const d0 = l0 - 2 * s0
    const d1 = l1 - 2 * s1
    const d2 = l2 - 2 * s2
    const d3 = l3 - 2 * s3
    totals[row]! += factor * Math.sqrt(d0 > CANCELLED * l0 ? d0 : exactly(z, row, points, from))
    totals[row + 1]! += factor * Math.sqrt(d1 > CANCELLED * l1 ? d1 : exactly(z, row + 1, points, from))
    totals[row + 2]! += factor * Math.sqrt(d2 > CANCELLED * l2 ? d2 : exactly(z, row + 2, points, from))
    totals[row + 3]! += factor * Math.sqrt(d3 > CANCELLED * l3 ? d3 : exactly(z, row + 3, points, from))
  }
}

function exactly(z: Float64Array, row: number, points: Float64Array, from: number): number {
  let squares = 0
  for (let j = 0; j * BLOCK < z.length; j++) squares += (z[j * BLOCK + row]! - points[from + j]!) ** 2
  return squares
}

/** The score of a row so far away that its squares overflow; the unit vectors are nothing beside it. */
function farScore(z: Float64Array, divisors: Float64Array): number {
  const distance = Math.min(
    Math.hypot(...z.map((value) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)))),
    Number.MAX_VALUE,
  )
  return Math.min(
    divisors.reduce((score, divisor) => score + distance / divisor, 0),
    Number.MAX_VALUE,
  )
}
