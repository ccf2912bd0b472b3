import { z } from 'zod'
import { contaminationOption, defineDetector, type Matrix } from '../detector.ts'
import { FORECAST_ROWS, type Forecaster, fitForecast, restoreForecast } from './forecast-model.ts'
import { periodOption, periodsOption, readSeason, type Season, seasonalWindow } from './season.ts'
import { oldestFirst, requireWindows } from './windows.ts'
import { largestSize, unitScale } from './z-normalise.ts'

const smoothing = (what: string) =>
  z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .meta({ description: `How fast the ${what} follows, 0 to 1; null learns it from the training series.` })

const options = z.strictObject({
  contamination: contaminationOption,
  period: periodOption,
  periods: periodsOption,
  smoothing_level: smoothing('level'),
  smoothing_trend: smoothing('trend'),
  smoothing_seasonal: smoothing('season'),
  damping_trend: z
    .number()
    .gt(0)
    .lte(1)
    .default(0.98)
    .meta({ description: 'What is left of the trend after each step; 1 lets it go on for ever.' }),
})

interface Smoothing {
  readonly level: number
  readonly trend: number
  readonly season: number
  readonly damping: number
}

const LEVELS = [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9]
const TRENDS = [0, 0.03, 0.1, 0.3]
const SEASONS = [0, 0.05, 0.15, 0.3, 0.5]
/** So many windows are enough to choose by. */
const JUDGES = 200

/**
 * Score = distance between the newest value and its forecast by additive Holt-Winters smoothing of its window, in robust standard
 * deviations of such errors in training. Level, trend and season begin with the first two seasons of the window and follow the rest.
 * How fast is chosen once, from a grid, by the mean absolute error on windows spread evenly over training.
 */
export const holtWinters = defineDetector({
  name: 'HoltWinters',
  summary: 'Error of a forecast by exponential smoothing of level, trend and season.',
  source: 'Hyndman, Athanasopoulos: Forecasting, principles and practice (2021), 8.3; Winters (1960)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w', score: 'w' },
  options,
  example: { period: 24, smoothing_level: 0.3 },
  window: seasonalWindow,
  fit(data, { period, periods, smoothing_level, smoothing_trend, smoothing_seasonal, damping_trend }) {
    const season = { period, periods }
    requireWindows('HoltWinters', data, { rows: FORECAST_ROWS, window: seasonalWindow(season) })
    const candidates = (smoothing_level === null ? LEVELS : [smoothing_level]).flatMap((level) =>
      (smoothing_trend === null ? TRENDS : [smoothing_trend]).flatMap((trend) =>
        (smoothing_seasonal !== null ? [smoothing_seasonal] : period === 1 ? [0] : SEASONS).map(
          (seasonal) => ({
            level,
            trend,
            season: seasonal,
            damping: damping_trend,
          }),
        ),
      ),
    )
    return fitForecast(createForecaster(season, best(candidates, season, data)), data)
  },
  restore: (state) =>
    restoreForecast('HoltWinters', state, (read) => {
      const season = readSeason(read)
      const rates = {
        level: read.number('level'),
        trend: read.number('trend'),
        season: read.number('season'),
        damping: read.number('damping'),
      }
      read.require(
        Object.values(rates).every((rate) => rate >= 0 && rate <= 1),
        'its rates are not valid',
      )
      return createForecaster(season, rates)
    }),
})

function createForecaster(season: Season, rates: Smoothing): Forecaster {
  const forecast = smoother(season)
  return {
    detector: 'HoltWinters',
    window: seasonalWindow(season),
    state: { period: season.period, periods: season.periods, ...rates },
    forecast(past, found) {
      found.value = forecast(past, rates)
    },
  }
}

/** The candidate of the least mean absolute error; the earlier of equal ones. */
function best(candidates: readonly Smoothing[], season: Season, data: Matrix): Smoothing {
  const forecast = smoother(season)
  const count = Math.min(JUDGES, data.rows)
  const totals = new Float64Array(candidates.length)
  const values = new Float64Array(data.columns)
  const past = values.subarray(0, data.columns - 1)
  const scale = unitScale(largestSize(data.data))
  for (let judge = 0; judge < count; judge++) {
    oldestFirst(data, Math.floor((judge * data.rows) / count), values)
    for (let i = 0; i < values.length; i++) values[i]! *= scale
    candidates.forEach((candidate, i) => {
      totals[i]! += Math.abs(values[data.columns - 1]! - forecast(past, candidate))
    })
  }
  return candidates[totals.indexOf(Math.min(...totals))]!
}

function smoother({ period }: Season): (past: Float64Array, rates: Smoothing) => number {
  const seasonal = new Float64Array(period)
  return (past, rates) => {
    let first = 0
    let second = 0
    for (let i = 0; i < period; i++) {
      first += past[i]! / period
      second += past[period + i]! / period
    }
    for (let i = 0; i < period; i++)
      seasonal[i] = period === 1 ? 0 : (past[i]! - first + (past[period + i]! - second)) / 2
    let trend = (second - first) / period
    let level = first + (trend * (period - 1)) / 2
    let phase = 0
    for (let t = period; t < past.length; t++) {
      const expected = level + rates.damping * trend
      const error = past[t]! - expected - seasonal[phase]!
      level = expected + rates.level * error
      trend = rates.damping * trend + rates.level * rates.trend * error
      seasonal[phase]! += rates.season * (1 - rates.level) * error
      phase = phase + 1 === period ? 0 : phase + 1
    }
    return level + rates.damping * trend + seasonal[phase]!
  }
}
