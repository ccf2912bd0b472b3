import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { FORECAST_ROWS, type Forecaster, fitForecast, restoreForecast } from './forecast-model.ts'
import { requireWindows, windowSizeOption } from './windows.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  window_size: windowSizeOption,
  power: z.int().min(0).max(10).default(1).meta({ description: 'Degree of the polynomial.' }),
})

/**
 * Score = distance between the newest value and where the polynomial through the values before it leads (by least squares), in robust
 * standard deviations of such distances in training. TSB-AD fits its polynomials to both sides of a stretch; this one knows the past only.
 */
export const poly = defineDetector({
  name: 'POLY',
  summary: 'Distance of the newest value to a polynomial fitted to the values before it.',
  source: 'TSB-AD TSB_AD/models/POLY.py (2024); Li, Ma, Orgun: Unifying trends and anomalies (2007)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w', score: 'w' },
  options,
  example: { window_size: 24, power: 2 },
  window: ({ window_size }) => window_size,
  fit(data, { window_size, power }) {
    requireWindows('POLY', data, { rows: FORECAST_ROWS, window: window_size })
    if (power > window_size - 2)
      throw new AnomstackError(
        'TRAINING_IMPOSSIBLE',
        `POLY cannot fit degree ${power} to ${window_size - 1} values: lower power or raise window_size`,
      )
    return fitForecast(createForecaster(window_size, power), data)
  },
  restore: (state) =>
    restoreForecast('POLY', state, (read) => {
      const window = read.number('window')
      const power = read.number('power')
      read.require(
        Number.isInteger(window) && Number.isInteger(power) && power >= 0 && power <= window - 2,
        'its power does not fit its window',
      )
      return createForecaster(window, power)
    }),
})

function createForecaster(window: number, power: number): Forecaster {
  const weights = weightsOf(window - 1, power)
  return {
    detector: 'POLY',
    window,
    state: { window, power },
    forecast(past, found) {
      // Relative to one of them, so that a high level costs no digits.
      const level = past[past.length - 1]!
      let sum = 0
      for (let i = 0; i < past.length; i++) sum += weights[i]! * (past[i]! - level)
      found.value = level + sum
    },
  }
}

/**
 * The weights with which `count` values one step apart make the next value of the polynomial of this degree through them. Polynomials
 * that are orthogonal on the steps (by Stieltjes' recurrence) take the place of powers, which would be nearly alike.
 */
function weightsOf(count: number, degree: number): Float64Array {
  const steps = Float64Array.from({ length: count + 1 }, (_, t) => (2 * t) / count - 1)
  const weights = new Float64Array(count)
  let before = new Float64Array(count + 1)
  let current = new Float64Array(count + 1).fill(1)
  let normBefore = 1
  for (let d = 0; d <= degree; d++) {
    let norm = 0
    let moment = 0
    for (let t = 0; t < count; t++) {
      norm += current[t]! ** 2
      moment += steps[t]! * current[t]! ** 2
    }
    for (let t = 0; t < count; t++) weights[t]! += (current[count]! * current[t]!) / norm
    const next = current.map(
      (value, t) => (steps[t]! - moment / norm) * value - (d === 0 ? 0 : (norm / normBefore) * before[t]!),
    )
    before = current
    current = next
    normBefore = norm
  }
  return weights
}
