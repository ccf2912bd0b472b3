import { studentUpperQuantile } from '../statistics/quantiles.ts'
import { thresholdInUnits } from './unit-scores.ts'

/**
 * The least score above the mean that the generalised extreme Studentised deviate test calls an outlier; up to half of the scores may be.
 * What the test finds below the mean does not count: PyThresh would call all above such a score outliers.
 */
export function gesd(scores: Float64Array, significance = 0.05): number {
  return thresholdInUnits(scores, (unit) => {
    let limit = Number.POSITIVE_INFINITY
    let low = 0
    let high = unit.length - 1
    let sum = unit.reduce((total, score) => total + score, 0)
    let squares = unit.reduce((total, score) => total + score * score, 0)
    for (let removed = 0; removed < unit.length >> 1; removed++) {
      const size = high - low + 1
      const mean = sum / size
      const deviation = Math.sqrt(Math.max(0, squares / size - mean * mean))
      // Scores of which nothing but rounding is left are all alike.
      if (size < 3 || unit[low] === unit[high] || !(deviation > 0)) break
      const isHigh = unit[high]! - mean > mean - unit[low]!
      const farthest = isHigh ? unit[high--]! : unit[low++]!
      const t = studentUpperQuantile(significance / (2 * size), size - 2)
      const critical = ((size - 1) * t) / (Math.sqrt(size) * Math.sqrt(size - 2 + t * t))
      if (isHigh && (farthest - mean) / deviation > critical) limit = farthest
      sum -= farthest
      squares -= farthest * farthest
    }
    return limit
  })
}
