import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Model } from '../detector.ts'
import { ofFirstColumn } from '../first-column.ts'
import { selectMedian } from '../statistics/select-median.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  threshold: z
    .number()
    .positive()
    .default(3.5)
    .meta({ description: 'Modified z-score above which a row counts as an outlier.' }),
})

// 0.6745 times the median absolute deviation, and 1.2533 times the mean one, are standard deviations of
// Gaussian data (Iglewicz, Hoaglin 1993).
const MEDIAN_FACTOR = 0.6745
const MEAN_FACTOR = 1.253314
// History without any spread: one percent of its value is the unit, or 0.01 when that value is zero.
const CONSTANT_SHARE = 0.01

/**
 * Modified z-score: 0.6745 |x - median| / MAD. Where more than half of the values are the same, so that the
 * MAD is zero (PyOD then gives 0 or 1.8e308), the
 * mean absolute deviation takes its place; for a constant history the unit is one percent of the constant.
 */
export const mad = defineDetector({
  name: 'MAD',
  summary: 'Distance of a value to the median, in median absolute deviations; for one column.',
  source: 'PyOD 3.6.7 pyod/models/mad.py; Iglewicz, Hoaglin: How to detect and handle outliers (1993)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n', score: '1' },
  columns: 1,
  options,
  example: { threshold: 3.5 },
  fit(data, { threshold }) {
    requireTrainable('MAD', data, 1)
    if (data.columns !== 1)
      throw new AnomstackError(
        'TRAINING_IMPOSSIBLE',
        `MAD judges one column and was given ${data.columns}: set lags_n: 0 in preprocess_params`,
      )
    const median = selectMedian(data.data.slice())
    const model = createModel(median, unitOf(data.data, median))
    return { model, trainScores: model.score(data), threshold }
  },
  restore(state) {
    const read = readState('MAD', state)
    const unit = read.number('unit')
    read.require(unit > 0, '"unit" is not positive')
    return createModel(read.number('median'), unit)
  },
})

function createModel(median: number, unit: number): Model {
  return {
    state: { median, unit },
    score(data) {
      requireWidth('MAD', data, 1)
      return modifiedScores(data.data, median, unit)
    },
    // There is only this one.
    explain(data) {
      requireWidth('MAD', data, 1)
      return ofFirstColumn(modifiedScores(data.data, median, unit), 1)
    },
  }
}

// Loops over all values are plain ones in functions of their own: with a closure for each training they take several times as long.

function modifiedScores(values: Float64Array, median: number, unit: number): Float64Array {
  const scores = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++)
    scores[i] = Math.min((MEDIAN_FACTOR * Math.abs(values[i]! - median)) / unit, Number.MAX_VALUE)
  return scores
}

/** What a score of 0.6745 stands for; positive. */
function unitOf(values: Float64Array, median: number): number {
  const deviations = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++)
    deviations[i] = Math.min(Math.abs(values[i]! - median), Number.MAX_VALUE)
  const middle = selectMedian(deviations.slice())
  if (middle > 0) return middle
  const mean = deviations.reduce((sum, deviation) => sum + deviation / deviations.length, 0)
  if (mean > 0) return Math.max(MEDIAN_FACTOR * MEAN_FACTOR * mean, Number.MIN_VALUE)
  return Math.abs(median) * CONSTANT_SHARE || CONSTANT_SHARE
}
