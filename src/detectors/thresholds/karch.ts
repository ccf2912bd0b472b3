import { densityOf } from './kernel-density.ts'
import { deviationOf, meanOf, thresholdInUnits } from './unit-scores.ts'

/** One standard deviation above the Karcher mean of the scores times their density, which in a flat space is the mean of both. */
export function karch(scores: Float64Array): number {
  return thresholdInUnits(
    scores,
    (unit) => meanOf(densityOf(unit, 0, unit.length).values) * meanOf(unit) + deviationOf(unit),
  )
}
