import { z } from 'zod'
import { readState, requireTrainable } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix } from '../detector.ts'
import { symmetricEigen } from '../linear-algebra/eigen.ts'
import { divideAmount } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { medianOf } from '../statistics/median.ts'
import { createSlidingWindow } from '../statistics/sliding-window.ts'
import { robustStandard } from '../statistics/spread.ts'
import { type Learner, learnInOrder, onlineModel } from './learner.ts'

const WIDEST_WINDOW = 4000

const options = z.strictObject({
  contamination: contaminationOption,
  n_components: z.int().min(0).nullable().default(null).meta({
    description:
      'Directions that rows usually lie along, at most one fewer than columns; null is half of the columns.',
  }),
  half_life: z
    .number()
    .positive()
    .default(500)
    .meta({ description: 'After so many rows what a row has taught counts half.' }),
  clip: z.number().positive().default(3).meta({
    description:
      'Rows are learned as if their error were at most so many usual ones, so that an outlier turns little.',
  }),
  window_size: z
    .int()
    .min(2)
    .max(WIDEST_WINDOW)
    .default(250)
    .meta({ description: 'How many of the last errors tell what is usual.' }),
})

// The first directions are those of so many rows, or of twice as many as there are columns.
const WARM_UP = 50
// In robust standard deviations of the training rows: what is farther counts as this far; is learned as this far; is rounding.
const FARTHEST = 1e150
const FARTHEST_LEARNED = 10
const ROUNDING = 1e-9

/**
 * Score = length of what the principal directions leave of a row, in medians of the last such lengths. Columns are brought to the median and
 * the robust spread of the training rows; the mean and the directions follow by candid covariance-free incremental PCA, with forgetting,
 * from those of the first rows. With one column, which has no direction to spare, it is the distance to the mean. The explanation divides the score by
 * how much shorter what is left gets when one column alone is set right: the reconstruction-based contribution, which is greatest for the column of a large
 * fault in one of them (Alcala, Qin: Reconstruction-based contribution for process monitoring, 2009).
 */
export const onlinePca = defineDetector({
  name: 'OnlinePCA',
  summary: 'How far a row lies off the directions along which recent rows vary.',
  source: 'Weng, Zhang, Hwang: Candid covariance-free incremental principal component analysis (2003)',
  family: 'online',
  explains: true,
  complexity: { fit: 'n · columns · components', score: 'columns · components' },
  options,
  example: { n_components: 2 },
  fit(data, { n_components, half_life, clip, window_size: windowSize }) {
    requireTrainable('OnlinePCA', data, 1)
    const standard = robustStandard(data)
    const warmUp = Math.min(data.rows, Math.max(WARM_UP, 2 * data.columns))
    const count = Math.min(data.columns - 1, n_components ?? data.columns >> 1)
    const forgetting = 1 - 2 ** (-1 / half_life)
    const start = directionsOf(data, { ...standard, rows: warmUp, count })
    const plan = { ...standard, forgetting, clip, windowSize, given: warmUp }
    const learner = createLearner(plan, { ...start, seen: 0, errors: [] })
    return learnInOrder('OnlinePCA', learner, { data, warmUp })
  },
  restore(state) {
    const read = readState('OnlinePCA', state)
    const plan = {
      centre: read.array('centre', Float64Array).slice(),
      scale: read.array('scale', Float64Array).slice(),
      forgetting: read.number('forgetting'),
      clip: read.number('clip'),
      windowSize: read.number('window_size'),
      given: 0,
    }
    const start = {
      mean: read.array('mean', Float64Array),
      directions: read.array('directions', Float64Array),
      seen: read.number('seen'),
      errors: read.array('errors', Float64Array),
    }
    const columns = plan.centre.length
    read.require(
      columns > 0 &&
        plan.scale.length === columns &&
        start.mean.length === columns &&
        start.directions.length % columns === 0 &&
        plan.scale.every((scale) => scale > 0),
      'its arrays do not fit together',
    )
    read.require(
      plan.forgetting >= 0 && plan.forgetting <= 1 && plan.clip > 0 && start.seen >= 0,
      'its rates are out of range',
    )
    read.require(
      Number.isInteger(plan.windowSize) && plan.windowSize >= 2 && plan.windowSize <= WIDEST_WINDOW,
      '"window_size" is not a size',
    )
    read.require(
      start.errors.length > 0 &&
        start.errors.length <= plan.windowSize &&
        [start.errors, start.mean, start.directions].every((values) => values.every(Number.isFinite)),
      'its numbers are not finite or do not fit into the window',
    )
    return onlineModel('OnlinePCA', createLearner(plan, start), columns)
  },
})

interface Plan {
  readonly centre: Float64Array
  readonly scale: Float64Array
  /** The weight of a new row. */
  readonly forgetting: number
  readonly clip: number
  readonly windowSize: number
  /** How many of the first rows to be learned the directions know already. */
  readonly given: number
}

interface Directions {
  readonly mean: Float64Array
  /** Row-major, one direction a row, as long as the variance along it. */
  readonly directions: Float64Array
}

function createLearner(
  { centre, scale, forgetting, clip, windowSize, given }: Plan,
  start: Directions & { readonly seen: number; readonly errors: ArrayLike<number> },
): Learner {
  const columns = centre.length
  const mean = start.mean.slice()
  const directions = start.directions.slice()
  const window = createSlidingWindow(windowSize, start.errors)
  const rest = new Float64Array(columns)
  let seen = start.seen
  let unit = Number.NaN

  const lengthOf = (from: number): number => {
    let squares = 0
    for (let j = 0; j < columns; j++) squares += directions[from + j]! ** 2
    return Math.sqrt(squares)
  }
  /** Takes what lies along a direction from the rest; how much that was. */
  const project = (from: number, length: number): number => {
    let along = 0
    for (let j = 0; j < columns; j++) along += rest[j]! * directions[from + j]!
    along /= length
    for (let j = 0; j < columns; j++) rest[j]! -= along * (directions[from + j]! / length)
    return along
  }
  const errorOf = (data: Float64Array, offset: number): number => {
    for (let j = 0; j < columns; j++)
      rest[j] = standardised(data[offset + j]!, centre[j]!, scale[j]!) - mean[j]!
    for (let from = 0; from < directions.length; from += columns) {
      const length = lengthOf(from)
      if (length > 0) project(from, length)
    }
    let squares = 0
    for (let j = 0; j < columns; j++) squares += rest[j]! ** 2
    return Math.sqrt(squares)
  }
  const unitNow = (): number => {
    if (Number.isNaN(unit)) unit = Math.max(ROUNDING, window.median() || window.meanDeviation(0) || 1)
    return unit
  }
  return {
    score: (data, offset) => errorOf(data, offset) / unitNow(),
    explain(data, offset, parts) {
      const error = errorOf(data, offset)
      const spare = new Float64Array(columns).fill(1)
      for (let from = 0; from < directions.length; from += columns) {
        const length = lengthOf(from)
        for (let j = 0; j < columns && length > 0; j++) spare[j]! -= (directions[from + j]! / length) ** 2
      }
      for (let j = 0; j < columns; j++) parts[j] = rest[j]! / Math.sqrt(Math.max(spare[j]!, ROUNDING))
      divideAmount(EUCLIDEAN, parts, error / unitNow())
    },
    learn(data, offset) {
      const error = errorOf(data, offset)
      const shrink = Math.min(1, (clip * unitNow()) / error)
      window.push(error)
      unit = Number.NaN
      if (++seen <= given) return
      const weight = Math.max(forgetting, 1 / seen)
      for (let j = 0; j < columns; j++) {
        const off = standardised(data[offset + j]!, centre[j]!, scale[j]!) - mean[j]!
        rest[j] = Math.max(-FARTHEST_LEARNED, Math.min(FARTHEST_LEARNED, off)) * shrink
        mean[j]! += weight * rest[j]!
      }
      for (let from = 0; from < directions.length; from += columns) {
        const before = lengthOf(from)
        let along = 0
        for (let j = 0; j < columns; j++) along += rest[j]! * directions[from + j]!
        const pull = before > 0 ? along / before : 1
        for (let j = 0; j < columns; j++)
          directions[from + j] = (1 - weight) * directions[from + j]! + weight * pull * rest[j]!
        const after = lengthOf(from)
        if (after > 0) project(from, after)
      }
    },
    state: () => ({
      centre: centre.slice(),
      scale: scale.slice(),
      forgetting,
      clip,
      window_size: windowSize,
      mean: mean.slice(),
      directions: directions.slice(),
      seen,
      errors: window.values(),
    }),
  }
}

function standardised(value: number, centre: number, scale: number): number {
  // Halves, because the difference of two large values can be infinite.
  return Math.max(-FARTHEST, Math.min(FARTHEST, ((value / 2 - centre / 2) / scale) * 2))
}

/** Median and directions of the first rows, those farther off than half of them drawn in to that distance (Locantore 1999: spherical PCA). */
function directionsOf(
  { data, columns }: Matrix,
  {
    centre,
    scale,
    rows,
    count,
  }: Pick<Plan, 'centre' | 'scale'> & { readonly rows: number; readonly count: number },
): Directions {
  const mean = new Float64Array(columns)
  const off = new Float64Array(rows * columns)
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++)
      off[i * columns + j] = standardised(data[i * columns + j]!, centre[j]!, scale[j]!)
    mean[j] = medianOf(Float64Array.from({ length: rows }, (_, i) => off[i * columns + j]!))
  }
  const lengths = new Float64Array(rows)
  for (let i = 0; i < off.length; i++) {
    const distance = off[i]! - mean[i % columns]!
    off[i] = Math.max(-FARTHEST_LEARNED, Math.min(FARTHEST_LEARNED, distance))
    lengths[Math.floor(i / columns)]! += off[i]! ** 2
  }
  const farthest = medianOf(lengths)
  const covariance = new Float64Array(columns * columns)
  for (let i = 0; i < rows; i++) {
    const weight = Math.min(1, farthest / (lengths[i]! || 1)) / rows
    for (let j = 0; j < columns; j++)
      for (let k = 0; k < columns; k++)
        covariance[j * columns + k]! += weight * off[i * columns + j]! * off[i * columns + k]!
  }
  const { values, vectors } = symmetricEigen(covariance, columns)
  const directions = vectors
    .subarray(0, count * columns)
    .map((loading, i) => loading * Math.max(0, values[Math.floor(i / columns)]!))
  return { mean, directions: directions.slice() }
}
