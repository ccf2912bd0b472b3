import { z } from 'zod'
import { readState } from '../checks.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { medianOf } from '../statistics/median.ts'
import { createSlidingWindow } from '../statistics/sliding-window.ts'
import { spreadOf } from '../statistics/spread.ts'
import { type Learner, learnInOrder, onlineModel } from './learner.ts'
import { LARGEST, requireOneColumn, withinLargest } from './one-column.ts'

const LONGEST_PERIOD = 4000
const WIDEST_WINDOW = 4000

const share = z.number().gt(0).lte(1)
const options = z.strictObject({
  contamination: contaminationOption,
  alpha: share.default(0.1).meta({ description: 'How much of a surprise the level takes up.' }),
  beta: z.number().min(0).lte(1).default(0.01).meta({
    description: 'How much of a change of the level the trend takes up; 0 keeps that of the start.',
  }),
  gamma: share.default(0.1).meta({ description: 'How much of a surprise the season takes up.' }),
  period: z.int().min(2).max(LONGEST_PERIOD).nullable().default(null).meta({
    description: 'How many rows a season has; null is none. Training takes two seasons.',
  }),
  clip: z.number().positive().default(3).meta({
    description:
      'Surprises are learned as if no larger than so many spreads, so that an outlier moves little.',
  }),
  window_size: z.int().min(2).max(WIDEST_WINDOW).default(100).meta({
    description: 'How many of the last surprises tell what is usual.',
  }),
})

// Of a series without seasons, so many values give the level and the trend to start with.
const WARM_UP = 24
const ROUNDING = 8 * Number.EPSILON

/**
 * Score = |value - forecast of the next value| in robust standard deviations of the last such errors. Additive smoothing of level, trend and
 * season; what is learned is first drawn to within `clip` spreads of the forecast (Gelper, Fried, Croux), from which it recovers after a
 * lasting change because the spread of the errors grows. Values beyond 1e300 count as that.
 */
export const onlineHoltWinters = defineDetector({
  name: 'OnlineHoltWinters',
  summary: 'Distance of a value to what smoothed level, trend and season foretell; for one column.',
  source:
    'Winters: Forecasting sales by exponentially weighted moving averages (1960); Gelper, Fried, Croux: Robust forecasting with exponential and Holt-Winters smoothing (2010)',
  family: 'online',
  explains: true,
  complexity: { fit: 'n · window', score: '1' },
  columns: 1,
  options,
  example: { period: 24 },
  fit(data, { alpha, beta, gamma, period, clip, window_size: windowSize }) {
    requireOneColumn('OnlineHoltWinters', data, period === null ? 1 : 2 * period)
    const warmUp = Math.min(data.rows, period === null ? WARM_UP : 2 * period)
    const start = startOf(data.data.subarray(0, warmUp).map(withinLargest), period ?? 0)
    const rates = { alpha, beta, gamma, clip, windowSize }
    const learner = createLearner(rates, { ...start, errors: [] }, warmUp)
    return learnInOrder('OnlineHoltWinters', learner, { data, warmUp })
  },
  restore(state) {
    const read = readState('OnlineHoltWinters', state)
    const bounded = (key: string, least: number, most: number): number => {
      const value = read.number(key)
      read.require(value >= least && value <= most, `"${key}" is out of range`)
      return value
    }
    const inRange = (values: Float64Array): boolean => values.every((value) => Math.abs(value) <= LARGEST * 2)
    const rates = {
      alpha: bounded('alpha', 0, 1),
      beta: bounded('beta', 0, 1),
      gamma: bounded('gamma', 0, 1),
      clip: bounded('clip', 0, Number.MAX_VALUE),
      windowSize: bounded('window_size', 2, WIDEST_WINDOW),
    }
    const start = {
      level: bounded('level', -LARGEST, LARGEST),
      trend: bounded('trend', -LARGEST, LARGEST),
      season: read.array('season', Float64Array).slice(),
      errors: read.array('errors', Float64Array),
    }
    read.require(Number.isInteger(rates.windowSize), '"window_size" is not a size')
    read.require(
      start.errors.length > 0 && start.errors.length <= rates.windowSize,
      '"errors" do not fit into the window',
    )
    read.require(inRange(start.season) && start.season.length !== 1, '"season" is no season')
    read.require(
      start.errors.every((error) => error >= 0 && error <= Number.MAX_VALUE),
      '"errors" are no distances',
    )
    return onlineModel('OnlineHoltWinters', createLearner(rates, start), 1)
  },
})

interface Rates {
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
  readonly clip: number
  readonly windowSize: number
}

interface Start {
  readonly level: number
  readonly trend: number
  /** What each of the next rows of a season adds to the level; empty without a period. */
  readonly season: Float64Array
}

function createLearner(
  { alpha, beta, gamma, clip, windowSize }: Rates,
  {
    level: startLevel,
    trend: startTrend,
    season: startSeason,
    errors,
  }: Start & { errors: ArrayLike<number> },
  warmUp = 0,
): Learner {
  const window = createSlidingWindow(windowSize, errors)
  const season = startSeason.slice()
  let level = startLevel
  let trend = startTrend
  let phase = 0
  let spread = Number.NaN
  let known = false
  // Of the first rows, which cannot be judged as the next one when the last of them has been learned.
  const firstErrors: number[] = []
  const forecast = (): number => withinLargest(level + trend + (season[phase] ?? 0))
  const spreadNow = (): number => {
    if (known) return spread
    // The errors are distances from zero already.
    const mean = (): number => window.meanDeviation(0)
    spread = spreadOf({ medianDeviation: window.median(), meanDeviation: mean, centre: level })
    // A forecast is never surer than its rounding.
    spread = Math.max(spread, ROUNDING * Math.abs(level))
    known = true
    return spread
  }
  return {
    score(data, offset) {
      const error = Math.abs(withinLargest(data[offset]!) - forecast())
      return Math.min(error / spreadNow(), Number.MAX_VALUE)
    },
    scoreLearned: (row) => Math.min(firstErrors[row]! / spreadNow(), Number.MAX_VALUE),
    learn(data, offset) {
      const expected = forecast()
      const error = withinLargest(data[offset]!) - expected
      const most = clip * spreadNow()
      const surprise = Math.max(-most, Math.min(most, error))
      const before = level
      // The form that corrects by the error; with alpha, beta and gamma as in the form of Winters.
      level = withinLargest(level + trend + alpha * surprise)
      trend = withinLargest(trend + beta * (level - before - trend))
      if (season.length > 0) {
        season[phase] = withinLargest(season[phase]! + gamma * (1 - alpha) * surprise)
        phase = (phase + 1) % season.length
      }
      window.push(Math.abs(error))
      if (firstErrors.length < warmUp) firstErrors.push(Math.abs(error))
      known = false
    },
    state() {
      const next = season.slice()
      next.set(season.subarray(phase))
      next.set(season.subarray(0, phase), season.length - phase)
      return {
        alpha,
        beta,
        gamma,
        clip,
        window_size: windowSize,
        level,
        trend,
        season: next,
        errors: window.values(),
      }
    },
  }
}

/**
 * Level before the first value, trend and season of the first values: the trend is the repeated median of the slopes between them (Siegel
 * 1982), of a season apart; all else are medians, so that no single value decides.
 */
function startOf(values: Float64Array, period: number): Start {
  const step = Math.max(1, period)
  const slopes = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const own: number[] = []
    for (let j = i % step; j < values.length; j += step)
      if (j !== i) own.push(values[j]! / (j - i) - values[i]! / (j - i))
    slopes[i] = own.length === 0 ? 0 : medianOf(Float64Array.from(own))
  }
  const trend = withinLargest(medianOf(slopes))
  const flat = values.map((value, i) => withinLargest(value - trend * (i + 1)))
  const level = medianOf(flat)
  const season = new Float64Array(period)
  for (let phase = 0; phase < period; phase++)
    season[phase] = withinLargest(medianOf(Float64Array.of(flat[phase]!, flat[phase + period]!)) - level)
  return { level, trend, season }
}
