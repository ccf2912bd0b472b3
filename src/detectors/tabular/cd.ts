import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import {
  createCoordinates,
  inverseDiagonal,
  locate,
  type TriangularBasis,
  triangularBasis,
} from '../linear-algebra/triangular-basis.ts'
import { type Standard, standardise } from '../statistics/standardise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  model: z.null().default(null).meta({
    description: 'Accepted for compatibility with PyOD; only null, which is the linear regression.',
  }),
})

// A row whose leverage is 1 determines a coefficient alone; its distance would be infinite.
const LEAST_REST = 1e-9

/**
 * Score = mean over the columns of Cook's distance r² h / (1 - h)², scaled to 0..1 over the training rows. r is the residual of the column
 * in the regression on all others, h the leverage of the row among these others (as PyOD has it: without the intercept that the
 * regression has).
 *
 * PyOD takes leverage and scale from the batch that it scores. Here a new row is one more beside the training rows: the regression and the
 * scale are those of the training, and its leverage is h / (1 + h), that of a row added to them. Scores of new rows
 * may so be above 1, where PyOD makes the strangest of every batch 1. Training scores are the same.
 *
 * Columns that the others determine, whose residuals are rounding noise or zero (PyOD then scores the noise, or gives NaN), are left out;
 * where none is left, the score is the standardised distance from the mean. Of a single column, which PyOD refuses, it is the
 * squared deviation from the mean, scaled.
 */
export const cd = defineDetector({
  name: 'CD',
  summary: "Cook's distance: how much a row would move the regressions of each column on the others.",
  source:
    'PyOD 3.6.7 pyod/models/cd.py; Cook: Detection of influential observation in linear regression (1977)',
  family: 'tabular',
  complexity: { fit: 'n d²', score: 'd²' },
  options,
  example: { contamination: 0.05 },
  fit(data) {
    requireTrainable('CD', data, data.columns + 1)
    const { rows, columns } = data
    const { mean, scale, centred } = standardise(data, true)
    const size = largestOf(data)
    const sized = new Float64Array(data.data.length)
    for (let row = 0, cell = 0; row < rows; row++)
      for (let j = 0; j < columns; j++, cell++) sized[cell] = data.data[cell]! / size[j]!
    const unscaled: Influence = {
      standard: { mean, scale },
      size,
      regression: triangularBasis({ data: centred, rows, columns }),
      leverage: triangularBasis({ data: sized, rows, columns }),
      low: new Float64Array(columns),
      range: new Float64Array(columns).fill(1),
    }
    const { influence, scores } = scaleOver(unscaled, centred, sized)
    return { model: createModel(influence), trainScores: scores }
  },
  restore(state) {
    const read = readState('CD', state)
    const array = (key: string) => read.array(key, Float64Array)
    const basis = (key: string): TriangularBasis => ({
      inverse: array(`${key}Inverse`),
      determined: read.array(`${key}Determined`, Uint8Array),
    })
    const influence: Influence = {
      standard: { mean: array('mean'), scale: array('scale') },
      size: array('size'),
      regression: basis('regression'),
      leverage: basis('leverage'),
      low: array('low'),
      range: array('range'),
    }
    const { standard, size, low, range, regression, leverage } = influence
    const columns = standard.mean.length
    read.require(
      columns > 0 &&
        [standard.scale, size, low, range, regression.determined, leverage.determined].every(
          (values) => values.length === columns,
        ) &&
        [regression.inverse, leverage.inverse].every((values) => values.length === columns * columns),
      'its arrays do not fit together',
    )
    return createModel(influence)
  },
})

interface Influence {
  /** Of the regressions, which have an intercept. */
  readonly standard: Standard
  /** What columns are divided by for the leverage, which has none. */
  readonly size: Float64Array
  readonly regression: TriangularBasis
  readonly leverage: TriangularBasis
  /** Least distance of a training row by column, and how much larger the largest is: 0 for columns that are left out. */
  readonly low: Float64Array
  readonly range: Float64Array
}

function largestOf({ data, rows, columns }: Matrix): Float64Array {
  const largest = new Float64Array(columns)
  for (let row = 0, cell = 0; row < rows; row++)
    for (let j = 0; j < columns; j++, cell++) {
      const size = Math.abs(data[cell]!)
      if (size > largest[j]!) largest[j] = size
    }
  return largest.map((size) => (size > 0 ? size : 1))
}

/** What the squared residual of a row is multiplied with, by its leverage. */
type Weight = (leverage: number) => number

const trainingWeight: Weight = (leverage) => leverage / Math.max(1 - leverage, LEAST_REST) ** 2
// That of the leverage h / (1 + h), which the row has once it is added.
const newWeight: Weight = (leverage) => leverage * (1 + leverage)

/** Cook's distance of a row by column, but for constant factors. */
type Distances = (centred: Float64Array, sized: Float64Array) => Float64Array

function distancesBy({ regression, leverage, range }: Influence, weight: Weight): Distances {
  const columns = range.length
  const [inRegression, inLeverage] = [createCoordinates(columns), createCoordinates(columns)]
  const spread = inverseDiagonal(regression, columns)
  const own = inverseDiagonal(leverage, columns)
  const distances = new Float64Array(columns)
  return (centred, sized) => {
    locate(regression, centred, inRegression)
    locate(leverage, sized, inLeverage)
    for (let j = 0; j < columns; j++) {
      if (range[j] === 0 || regression.determined[j] === 1) continue
      const residual = inRegression.solution[j]! / spread[j]!
      // The leverage among the other columns: less what this one adds to it.
      const added = leverage.determined[j] === 1 ? 0 : inLeverage.solution[j]! ** 2 / own[j]!
      const among = Math.max(0, inLeverage.leverage - added)
      distances[j] = residual * residual * (columns === 1 ? 1 : weight(among))
    }
    return distances
  }
}

/** The influence with the scale of its training rows, and the scores of these. */
function scaleOver(
  unscaled: Influence,
  centred: Float64Array,
  sized: Float64Array,
): { readonly influence: Influence; readonly scores: Float64Array } {
  const columns = unscaled.range.length
  const rows = centred.length / columns
  const all = new Float64Array(centred.length)
  const measure = distancesBy(unscaled, trainingWeight)
  const rowOf = (values: Float64Array, row: number) => values.subarray(row * columns, (row + 1) * columns)
  for (let row = 0; row < rows; row++) all.set(measure(rowOf(centred, row), rowOf(sized, row)), row * columns)
  const low = new Float64Array(columns)
  const range = new Float64Array(columns)
  for (let j = 0; j < columns; j++) {
    let least = all[j]!
    let most = least
    for (let i = j; i < all.length; i += columns) {
      least = Math.min(least, all[i]!)
      most = Math.max(most, all[i]!)
    }
    low[j] = least
    range[j] = most - least
  }
  const influence = { ...unscaled, low, range }
  const scores = new Float64Array(rows)
  for (let row = 0; row < rows; row++) scores[row] = join(influence, rowOf(all, row), rowOf(centred, row))
  return { influence, scores }
}

/** The mean of the scaled distances, or what takes its place; finite. */
function join({ low, range }: Influence, distances: Float64Array, centred: Float64Array): number {
  let sum = 0
  let count = 0
  for (let j = 0; j < range.length; j++) {
    if (range[j] === 0) continue
    sum += (distances[j]! - low[j]!) / range[j]!
    count++
  }
  const score = count > 0 ? sum / count : Math.hypot(...centred)
  // Only a row whose squares overflow gets here without a finite score.
  return Number.isFinite(score) ? score : Number.MAX_VALUE
}

function createModel(influence: Influence): Model {
  const { standard, size, regression, leverage, low, range } = influence
  const columns = size.length
  const measure = distancesBy(influence, newWeight)
  const centred = new Float64Array(columns)
  const sized = new Float64Array(columns)
  return {
    state: {
      ...standard,
      size,
      regressionInverse: regression.inverse,
      regressionDetermined: regression.determined,
      leverageInverse: leverage.inverse,
      leverageDetermined: leverage.determined,
      low,
      range,
    },
    score({ data, rows, columns: width }) {
      requireWidth('CD', { data, rows, columns: width }, columns)
      const scores = new Float64Array(rows)
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < columns; j++) {
          const value = data[row * columns + j]!
          centred[j] = (value - standard.mean[j]!) / standard.scale[j]!
          sized[j] = value / size[j]!
        }
        scores[row] = join(influence, measure(centred, sized), centred)
      }
      return scores
    },
  }
}
