import { medianOf, medianOfSorted } from '../statistics/median.ts'
import { deviationOf, meanOf, thresholdInUnits } from './unit-scores.ts'

/** Mean of the scores in 0..1, and above it their median absolute deviation in standard deviations. */
export function medianDeviation(scores: Float64Array, factor = 1): number {
  return thresholdInUnits(scores, (unit) => {
    const median = medianOfSorted(unit)
    const deviations = unit.map((score) => Math.abs(score - median))
    return meanOf(unit) + (factor * medianOf(deviations)) / deviationOf(unit)
  })
}
