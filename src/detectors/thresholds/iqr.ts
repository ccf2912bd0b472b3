import { midpoint, thresholdInUnits } from './unit-scores.ts'

const FACTOR = 1.5

/** One and a half interquartile ranges above the upper quartile (Tukey 1977). */
export function iqr(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const upper = midpoint(unit, 0.75)
    return upper + FACTOR * (upper - midpoint(unit, 0.25))
  })
}
