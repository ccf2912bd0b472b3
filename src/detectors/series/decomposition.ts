import { z } from 'zod'
import { contaminationOption, defineDetector } from '../detector.ts'
import { medianOf, medianOfSorted } from '../statistics/median.ts'
import { FORECAST_ROWS, type Forecaster, fitForecast, restoreForecast } from './forecast-model.ts'
import { periodOption, periodsOption, readSeason, type Season, seasonalWindow, writePhase } from './season.ts'
import { requireWindows } from './windows.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  period: periodOption,
  periods: periodsOption,
})

const MEDIAN_FACTOR = 1 / 0.6745
/** Values that the line of the newest trend is fitted to at least. */
const LEAST_SPAN = 15
const ROBUST_FITS = 2
/** Values that the first trend is the median of at least. */
const LEAST_WIDTH = 5
/** In median residuals: further off counts nothing in a robust fit (Cleveland 1979). */
const BISQUARE_LIMIT = 6

/**
 * Score = |x - trend - season| / s. From the values before the newest alone: the median slope from season to season and a running median
 * take the first trend away, and the median of each place of the season is its season; what is left without season is followed to the
 * newest value by a robust local line (loess), the trend. s is the robust standard deviation of the rest around its running median, and
 * never less than half of what errors are in training.
 */
export const decomposition = defineDetector({
  name: 'Decomposition',
  aliases: ['STL'],
  summary: 'What is left of the newest value without the trend and the season of the values before it.',
  source: 'Cleveland, Cleveland, McRae, Terpenning: STL (1990), with medians in the place of its inner loop',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w log w', score: 'w log w' },
  options,
  example: { period: 24, periods: 5 },
  window: seasonalWindow,
  fit(data, { period, periods }) {
    const season = { period, periods }
    requireWindows('Decomposition', data, { rows: FORECAST_ROWS, window: seasonalWindow(season) })
    return fitForecast(createForecaster(season), data)
  },
  restore: (state) => restoreForecast('Decomposition', state, (read) => createForecaster(readSeason(read))),
})

function createForecaster({ period, periods }: Season): Forecaster {
  const length = period * periods
  const smooth = runningMedian(length, Math.max(LEAST_WIDTH, period + 1 - (period % 2)))
  const span = Math.min(length, Math.max(2 * period + 1, LEAST_SPAN))
  const line = lineAhead(span)
  const steps = new Float64Array(length - period)
  const level = new Float64Array(length)
  const trend = new Float64Array(length)
  const rest = new Float64Array(length)
  const place = new Float64Array(periods)
  const seasonal = new Float64Array(period)
  return {
    detector: 'Decomposition',
    window: length + 1,
    state: { period, periods },
    forecast(past, found) {
      // Hirsch's (1982) slope: a running median over a season is only flat once no trend is left in it.
      for (let t = period; t < length; t++) steps[t - period] = (past[t]! - past[t - period]!) / period
      const slope = medianOfSorted(steps.sort())
      for (let t = 0; t < length; t++) level[t] = past[t]! - slope * t
      smooth(level, trend)
      for (let t = 0; t < length; t++) rest[t] = level[t]! - trend[t]!
      let middle = 0
      for (let phase = 0; phase < period; phase++) {
        writePhase(rest, phase, period, place)
        seasonal[phase] = medianOfSorted(place.sort())
        middle += seasonal[phase]! / period
      }
      for (let t = 0; t < length; t++) rest[t] = level[t]! - (seasonal[t % period]! - middle)
      found.value = line(rest.subarray(length - span)) + slope * length + seasonal[0]! - middle
      smooth(rest, trend)
      for (let t = 0; t < length; t++) rest[t] = Math.abs(rest[t]! - trend[t]!)
      found.spread = MEDIAN_FACTOR * medianOfSorted(rest.sort())
    },
  }
}

/** Writes the running medians over `width`, an odd number; the values near an end take the window that reaches it. */
function runningMedian(length: number, width: number): (values: Float64Array, out: Float64Array) => void {
  const sorted = new Float64Array(width)
  return (values, out) => {
    if (width > length) {
      out.fill(medianOf(values))
      return
    }
    const half = width >> 1
    sorted.set(values.subarray(0, width))
    sorted.sort()
    for (let end = width; ; end++) {
      out[end - 1 - half] = sorted[half]!
      if (end === length) break
      replace(sorted, values[end - width]!, values[end]!)
    }
    out.fill(out[half]!, 0, half)
    out.fill(out[length - 1 - half]!, length - half)
  }
}

/** Takes a value out of ascending ones and another in. */
function replace(sorted: Float64Array, gone: number, come: number): void {
  let place = sorted.indexOf(gone)
  for (; place + 1 < sorted.length && sorted[place + 1]! < come; place++) sorted[place] = sorted[place + 1]!
  for (; place > 0 && sorted[place - 1]! > come; place--) sorted[place] = sorted[place - 1]!
  sorted[place] = come
}

/**
 * The value one step after `span` values, of a line through them that weighs the newest most and outliers least. It begins with the median
 * slope of pairs half the span apart (Theil 1950), which no single value can turn.
 */
function lineAhead(span: number): (values: Float64Array) => number {
  // Tricube weights of the distance to the newest value, which stands at 0.
  const nearness = Float64Array.from({ length: span }, (_, i) => (1 - ((span - i) / (span + 1)) ** 3) ** 3)
  const half = span >> 1
  const slopes = new Float64Array(span - half)
  const residuals = new Float64Array(span)
  const sorted = new Float64Array(span)
  return (values) => {
    for (let i = 0; i + half < span; i++) slopes[i] = (values[i + half]! - values[i]!) / half
    let slope = medianOfSorted(slopes.sort())
    for (let i = 0; i < span; i++) sorted[i] = values[i]! - slope * (i - span)
    let ahead = medianOfSorted(sorted.sort())
    for (let fit = 0; fit < ROBUST_FITS; fit++) {
      for (let i = 0; i < span; i++)
        sorted[i] = residuals[i] = Math.abs(values[i]! - ahead - slope * (i - span))
      const limit = BISQUARE_LIMIT * medianOfSorted(sorted.sort())
      // Most lie on the line.
      if (!(limit > 0)) break
      let total = 0
      let x = 0
      let y = 0
      let xx = 0
      let xy = 0
      for (let i = 0; i < span; i++) {
        const share = residuals[i]! / limit
        if (!(share < 1)) continue
        const weight = nearness[i]! * (1 - share * share) ** 2
        const height = values[i]! - ahead
        total += weight
        x += weight * (i - span)
        y += weight * height
        xx += weight * (i - span) ** 2
        xy += weight * (i - span) * height
      }
      const variance = xx - (x * x) / total
      slope = variance > 0 ? (xy - (x * y) / total) / variance : 0
      ahead += (y - slope * x) / total
    }
    return ahead
  }
}
