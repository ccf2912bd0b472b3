import { z } from 'zod'
import { contaminationOption, defineDetector } from '../detector.ts'
import { medianOfSorted } from '../statistics/median.ts'
import { FORECAST_ROWS, type Forecaster, fitForecast, restoreForecast } from './forecast-model.ts'
import { periodOption, periodsOption, readSeason, type Season, seasonalWindow, writePhase } from './season.ts'
import { requireWindows } from './windows.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  period: periodOption,
  periods: periodsOption,
})

const MEDIAN_FACTOR = 1 / 0.6745

/**
 * Score = |x - m| / s: m is the median of the values at the same place of the seasons before, s the median distance of all values of the
 * window to the median of their own place, over 0.6745. A window so quiet that s is less than half of what is usual in training (or zero)
 * is judged by the training's.
 */
export const seasonalRobustZ = defineDetector({
  name: 'SeasonalRobustZ',
  summary: 'Distance of the newest value to the median of the same place in the seasons before.',
  source: 'Iglewicz, Hoaglin: How to detect and handle outliers (1993), per place of the season',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w log w', score: 'w log w' },
  options,
  example: { period: 24, periods: 7 },
  window: seasonalWindow,
  fit(data, { period, periods }) {
    const season = { period, periods }
    requireWindows('SeasonalRobustZ', data, { rows: FORECAST_ROWS, window: seasonalWindow(season) })
    return fitForecast(createForecaster(season), data)
  },
  restore: (state) => restoreForecast('SeasonalRobustZ', state, (read) => createForecaster(readSeason(read))),
})

function createForecaster({ period, periods }: Season): Forecaster {
  const place = new Float64Array(periods)
  const deviations = new Float64Array(period * periods)
  return {
    detector: 'SeasonalRobustZ',
    window: seasonalWindow({ period, periods }),
    state: { period, periods },
    forecast(past, found) {
      for (let phase = period - 1; phase >= 0; phase--) {
        writePhase(past, phase, period, place)
        const median = medianOfSorted(place.sort())
        for (let i = 0; i < periods; i++) deviations[phase * periods + i] = Math.abs(place[i]! - median)
        // The newest value has the phase of the oldest.
        if (phase === 0) found.value = median
      }
      found.spread = MEDIAN_FACTOR * medianOfSorted(deviations.sort())
    },
  }
}
