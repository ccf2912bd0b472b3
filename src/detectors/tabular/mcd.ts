import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { corrMax, transform } from '../covariance/corr-max.ts'
import { distances, fastMcd, type Location, locate, meanOf, nearest } from '../covariance/fast-mcd.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { divideAmount } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { chiSquaredCdf, chiSquaredQuantile } from '../statistics/chi-squared.ts'
import { selectRank } from '../statistics/select.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  support_fraction: z.number().gt(0).lte(1).nullable().default(null).meta({
    description:
      'Share of the rows that the estimate is first made of; null is a little over half, which bears the most outliers.',
  }),
  assume_centered: z.boolean().default(false).meta({ description: 'Take 0 for the middle of all columns.' }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the starts; null takes the metric's own, so that results repeat either way.",
  }),
  store_precision: ignoredOption,
})

// Rows less probable than this are left out of the final estimate.
const TRIMMED = 0.025
// Beyond so many spreads a value is only "far": its square must not overflow.
const FAR = 1e140

/** What brings a column to about 0 and 1, of halved values, so that differences do not overflow. */
interface Units {
  readonly centre: Float64Array
  readonly spread: Float64Array
}

/**
 * Score = squared Mahalanobis distance to a robust mean and covariance: those of the half of the rows with the least determinant, made
 * consistent, then estimated again from all rows that are not improbable under it. The estimate does not depend on the units of columns,
 * so that they are first brought to their median and median deviation. Where the half has no variance in some direction, for which
 * scikit-learn fails or forgets the direction, a row that leaves it scores very high. Explained by the corr-max transformation, see `corr-max.ts`.
 */
export const mcd = defineDetector({
  name: 'MCD',
  summary: 'Distance of a row to the robust mean, in units of the robust covariance.',
  source:
    'PyOD 3.6.7 pyod/models/mcd.py over scikit-learn 1.9.1 sklearn/covariance/_robust_covariance.py; Rousseeuw, Van Driessen: A fast algorithm for the minimum covariance determinant estimator (1999); Pison, Van Aelst, Willems: Small sample corrections for LTS and MCD (2002)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n d² + d³, some hundred times', score: 'd²' },
  options,
  example: { support_fraction: 0.75, random_state: 42 },
  fit(data, { support_fraction, assume_centered, random_state }, { random }) {
    requireTrainable('MCD', data, 2)
    const { rows, columns } = data
    const size =
      support_fraction === null
        ? Math.min(rows, Math.ceil((rows + columns + 1) / 2))
        : Math.max(1, Math.floor(support_fraction * rows))
    const units = unitsOf(data, assume_centered)
    const scaled = scale(data, units)
    const support =
      columns === 1
        ? shortestHalf(scaled.data, size)
        : fastMcd(scaled, size, random_state === null ? random : createRandom(random_state))
    const middle = (chosen: Int32Array): Float64Array =>
      assume_centered ? new Float64Array(columns) : meanOf(scaled, chosen)
    const raw = distances(scaled, locate(scaled, support, middle(support)))
    const limit = chiSquaredQuantile(1 - TRIMMED, columns) * consistency(columns, size / rows)
    const kept = Int32Array.from(raw.keys()).filter((row) => raw[row]! < limit)
    const { mean, whitening } = locate(scaled, kept, middle(kept))
    const deviation = Math.sqrt(consistency(columns, 1 - TRIMMED))
    const model = createModel(units, { mean, whitening: whitening.map((value) => value / deviation) })
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('MCD', state)
    const units = { centre: read.array('centre', Float64Array), spread: read.array('spread', Float64Array) }
    const location = {
      mean: read.array('mean', Float64Array),
      whitening: read.array('whitening', Float64Array),
    }
    const columns = units.centre.length
    read.require(
      columns > 0 &&
        units.spread.length === columns &&
        location.mean.length === columns &&
        location.whitening.length === columns * columns,
      'its arrays do not fit together',
    )
    return createModel(units, location)
  },
})

function unitsOf({ data, rows, columns }: Matrix, centred: boolean): Units {
  const centre = new Float64Array(columns)
  const spread = new Float64Array(columns)
  const halves = new Float64Array(rows)
  for (let j = 0; j < columns; j++) {
    for (let row = 0; row < rows; row++) halves[row] = data[row * columns + j]! / 2
    if (!centred) centre[j] = selectRank(halves, rows >> 1)
    let largest = 0
    for (let row = 0; row < rows; row++) {
      halves[row] = Math.abs(halves[row]! - centre[j]!)
      largest = Math.max(largest, halves[row]!)
    }
    spread[j] = selectRank(halves, rows >> 1) || largest || 1
  }
  return { centre, spread }
}

function scale({ data, rows, columns }: Matrix, { centre, spread }: Units): Matrix {
  const scaled = new Float64Array(data.length)
  for (let from = 0; from < data.length; from += columns)
    for (let j = 0; j < columns; j++) {
      const value = (data[from + j]! / 2 - centre[j]!) / spread[j]!
      scaled[from + j] = Math.max(-FAR, Math.min(FAR, value))
    }
  return { data: scaled, rows, columns }
}

/** Of one column the least variance is found without chance: the rows nearest to the middle of the shortest interval with as many. */
function shortestHalf(values: Float64Array, size: number): Int32Array {
  const sorted = values.slice().sort()
  let shortest = Number.POSITIVE_INFINITY
  let sum = 0
  let ties = 0
  for (let from = 0; from + size < sorted.length; from++) {
    const length = sorted[from + size]! - sorted[from]!
    if (length > shortest) continue
    if (length < shortest) sum = ties = 0
    shortest = length
    sum += (sorted[from + size]! + sorted[from]!) / 2
    ties++
  }
  const middle = ties > 0 ? sum / ties : 0
  return nearest(
    values.map((value) => Math.abs(value - middle)),
    size,
  )
}

/** What makes the covariance of the innermost `share` of normal rows that of all (Pison 2002). */
function consistency(columns: number, share: number): number {
  return share < 1 ? share / chiSquaredCdf(chiSquaredQuantile(share, columns), columns + 2) : 1
}

function createModel(units: Units, location: Location): Model {
  const { mean, whitening } = location
  const columns = mean.length
  const state: ModelState = { ...units, mean, whitening }
  const scoreScaled = (rows: Matrix): Float64Array =>
    distances(rows, location).map((distance) => Math.min(distance, Number.MAX_VALUE))
  let transformation: Float64Array | undefined
  return {
    state,
    score(data) {
      requireWidth('MCD', data, columns)
      return scoreScaled(scale(data, units))
    },
    explain(data) {
      requireWidth('MCD', data, columns)
      transformation ??= corrMax(whitening, columns)
      const rows = scale(data, units)
      const parts = new Float64Array(rows.data.length)
      for (const [row, score] of scoreScaled(rows).entries()) {
        const differences = mean.map((middle, j) => rows.data[row * columns + j]! - middle)
        const own = transform(transformation, differences)
        divideAmount(EUCLIDEAN, own, score)
        parts.set(own, row * columns)
      }
      return parts
    },
  }
}
