import { studentUpperQuantile } from '../statistics/quantiles.ts'
import { thresholdInUnits } from './unit-scores.ts'

/** The least of the greatest scores that the modified Thompson tau test takes away one by one (Thompson 1985). */
export function mtt(scores: Float64Array, significance = 0.01): number {
  return thresholdInUnits(scores, (unit) => {
    let limit = Number.POSITIVE_INFINITY
    let sum = unit.reduce((total, score) => total + score, 0)
    let squares = unit.reduce((total, score) => total + score * score, 0)
    for (let size = unit.length; size > 2; size--) {
      const greatest = unit[size - 1]!
      const mean = sum / size
      const deviation = Math.sqrt(Math.max(0, squares / size - mean * mean))
      const t = studentUpperQuantile(significance, size - 2)
      const tau = (t * (size - 1)) / (Math.sqrt(size) * Math.sqrt(size - 2 + t * t))
      if (unit[0] === greatest || !(greatest - mean > tau * deviation)) break
      limit = greatest
      sum -= greatest
      squares -= greatest * greatest
    }
    return limit
  })
}
