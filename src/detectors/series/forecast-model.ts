import { readState, requireWidth, type StateReader } from '../checks.ts'
import type { Fitted, Matrix, Model, ModelState } from '../detector.ts'
import { ofFirstColumn } from '../first-column.ts'
import { medianOf } from '../statistics/median.ts'
import { spreadOf } from '../statistics/spread.ts'
import { oldestFirst } from './windows.ts'
import { largestSize, safeScale } from './z-normalise.ts'

/** What a window's past says of its newest value. */
export interface Forecast {
  value: number
  /** A standard deviation of such values, found in the past of the window; 0 where the training errors alone tell. */
  spread: number
}

/** Forecasts the newest value of windows of one length. */
export interface Forecaster {
  readonly detector: string
  readonly window: number
  /** What the model's state needs to make it again. */
  readonly state: ModelState
  /** Writes the forecast that follows values, oldest first, all below 1e151 in size; with such values it is finite. */
  forecast(past: Float64Array, found: Forecast): void
}

/** So few rows tell no spread. */
export const FORECAST_ROWS = 10
// A quiet window is not taken for so quiet that an everyday error of the training is strange in it.
const LEAST_SHARE = 0.5
// Errors so small beside the values are rounding.
const ROUNDING = 1e-12

/** Learns the usual size of errors from windows; scores count in it. */
export function fitForecast(forecaster: Forecaster, data: Matrix): Fitted {
  const judged = judge(forecaster, data)
  const level = medianOf(
    new Float64Array(data.rows).map((_, row) => Math.abs(data.data[row * data.columns]!)),
  )
  const errors = judged.errors.map((error) => (error > level * ROUNDING ? error : 0))
  const scale = spreadOf({
    medianDeviation: medianOf(errors),
    meanDeviation: () => errors.reduce((sum, error) => sum + error / errors.length, 0),
    centre: level,
  })
  const bounded = Math.min(Math.max(scale, Number.MIN_VALUE), Number.MAX_VALUE)
  return { model: createForecastModel(forecaster, bounded), trainScores: inUnits(judged, bounded) }
}

/** The model of a state; `restore` makes the forecaster. */
export function restoreForecast(
  detector: string,
  state: ModelState,
  restore: (read: StateReader) => Forecaster,
): Model {
  const read = readState(detector, state)
  const scale = read.number('scale')
  read.require(scale > 0, '"scale" is not positive')
  return createForecastModel(restore(read), scale)
}

function createForecastModel(forecaster: Forecaster, scale: number): Model {
  const score = (data: Matrix): Float64Array => {
    requireWidth(forecaster.detector, data, forecaster.window)
    return inUnits(judge(forecaster, data), scale)
  }
  return {
    state: { ...forecaster.state, scale },
    score,
    explain: (data) => ofFirstColumn(score(data), data.columns),
  }
}

interface Judged {
  readonly errors: Float64Array
  readonly spreads: Float64Array
}

function judge({ forecast }: Forecaster, data: Matrix): Judged {
  const { rows, columns } = data
  const errors = new Float64Array(rows)
  const spreads = new Float64Array(rows)
  const values = new Float64Array(columns)
  const past = values.subarray(0, columns - 1)
  const found: Forecast = { value: 0, spread: 0 }
  for (let row = 0; row < rows; row++) {
    oldestFirst(data, row, values)
    const factor = safeScale(largestSize(values))
    if (factor !== 1) for (let i = 0; i < columns; i++) values[i]! *= factor
    forecast(past, found)
    errors[row] = Math.min(Math.abs(values[columns - 1]! - found.value) / factor, Number.MAX_VALUE)
    spreads[row] = Math.min(found.spread / factor, Number.MAX_VALUE)
  }
  return { errors, spreads }
}

function inUnits({ errors, spreads }: Judged, scale: number): Float64Array {
  return errors.map((error, row) => {
    const spread = spreads[row]!
    const unit = spread > 0 ? Math.max(spread, scale * LEAST_SHARE, Number.MIN_VALUE) : scale
    return Math.min(error / unit, Number.MAX_VALUE)
  })
}
