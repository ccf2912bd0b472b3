import { z } from 'zod'
import { readState } from '../checks.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { createSlidingWindow } from '../statistics/sliding-window.ts'
import { spreadOf } from '../statistics/spread.ts'
import { type Learner, learnInOrder, onlineModel } from './learner.ts'
import { LARGEST, requireOneColumn, withinLargest } from './one-column.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  window_size: z.int().min(2).max(8000).default(250).meta({
    description:
      'How many of the last values tell what is usual; a lasting change is usual after half as many.',
  }),
})

// So many values are judged together, by each other.
const WARM_UP = 30

/**
 * Score = |x - median| in robust standard deviations (the modified z-score of Iglewicz and Hoaglin) of the last values alone. Where the
 * median absolute deviation is zero, `spreadOf` says what stands for it. Values beyond 1e300 count as that.
 */
export const onlineRobustZ = defineDetector({
  name: 'OnlineRobustZ',
  summary: 'Distance of a value to the median of the last values, in their robust spread; for one column.',
  source:
    'Iglewicz, Hoaglin: How to detect and handle outliers (1993), over a sliding window as in Pearson: Outliers in process modeling (2002)',
  family: 'online',
  explains: true,
  complexity: { fit: 'n · window', score: '1' },
  columns: 1,
  options,
  example: { window_size: 250 },
  fit(data, { window_size }) {
    requireOneColumn('OnlineRobustZ', data, 1)
    return learnInOrder('OnlineRobustZ', createLearner(window_size), { data, warmUp: WARM_UP })
  },
  restore(state) {
    const read = readState('OnlineRobustZ', state)
    const windowSize = read.number('window_size')
    const values = read.array('values', Float64Array)
    read.require(Number.isInteger(windowSize) && windowSize >= 2, '"window_size" is not a size')
    read.require(values.length > 0 && values.length <= windowSize, '"values" do not fit into the window')
    read.require(
      values.every((value) => Math.abs(value) <= LARGEST),
      '"values" are too large',
    )
    return onlineModel('OnlineRobustZ', createLearner(windowSize, values), 1)
  },
})

function createLearner(windowSize: number, values?: Float64Array): Learner {
  const window = createSlidingWindow(windowSize, values)
  let median = Number.NaN
  let spread = Number.NaN
  let known = false
  const study = (): void => {
    median = window.median()
    spread = spreadOf({
      medianDeviation: window.medianDeviation(),
      meanDeviation: () => window.meanDeviation(median),
      centre: median,
    })
    known = true
  }
  return {
    score(data, offset) {
      if (!known) study()
      return Math.min(Math.abs(withinLargest(data[offset]!) - median) / spread, Number.MAX_VALUE)
    },
    learn(data, offset) {
      window.push(withinLargest(data[offset]!))
      known = false
    },
    state: () => ({ window_size: windowSize, values: window.values() }),
  }
}
