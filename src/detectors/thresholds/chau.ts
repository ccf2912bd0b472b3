import { percentile } from '../statistics/percentile.ts'
import { normalUpperQuantile } from '../statistics/quantiles.ts'
import { deviationOf, meanOf, thresholdInUnits } from './unit-scores.ts'

/**
 * Chauvenet's criterion: the score that half a normal number of so many would be above. Their number is the effective one, the exponential
 * of the entropy of their histogram.
 */
export function chau(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const expected = 1 / (2 * Math.min(unit.length, effectiveCount(unit)))
    return meanOf(unit) + normalUpperQuantile(expected) * deviationOf(unit)
  })
}

/** With as many bins as numpy's rule "auto". */
function effectiveCount(unit: Float64Array): number {
  const n = unit.length
  const freedman = 2 * (percentile(unit, 75) - percentile(unit, 25)) * n ** (-1 / 3)
  const width = Math.min(Math.max(freedman, 1 / Math.sqrt(n) / 2), 1 / (Math.log2(n) + 1))
  const bins = Math.ceil(1 / width)
  const counts = new Float64Array(bins)
  for (const score of unit) counts[Math.min(bins - 1, Math.floor(score * bins))]!++
  return Math.exp(
    -counts.reduce((sum, count) => (count > 0 ? sum + (count / n) * Math.log(count / n) : sum), 0),
  )
}
