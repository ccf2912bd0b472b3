import { densityOf, slopes } from './kernel-density.ts'
import { thresholdInUnits } from './unit-scores.ts'

/** Midway between the first two peaks of the density (Qi 2021: fixed gradient descent); with one peak there is no outlier. */
export function fgd(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const { places, values } = densityOf(unit, 0, 3 * unit.length)
    const slope = slopes(values, places[1]! - places[0]!)
    const isPeak = (i: number): boolean => slope[i]! > 0 && slope[i + 1]! <= 0
    const first = slope.findIndex((_, i) => isPeak(i))
    const second = slope.findIndex((_, i) => i > first && isPeak(i))
    return first < 0 || second < 0 ? Number.POSITIVE_INFINITY : (places[first]! + places[second]!) / 2
  })
}
