import { deviationOf, meanOf, thresholdInUnits } from './unit-scores.ts'

/** So many standard deviations above the mean. */
export function zScore(scores: Float64Array, factor = 1): number {
  return thresholdInUnits(scores, (unit) => meanOf(unit) + factor * deviationOf(unit))
}
