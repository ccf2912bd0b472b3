import { normalUpperQuantile } from '../statistics/quantiles.ts'
import { distributionOf } from './kernel-density.ts'
import { thresholdInUnits } from './unit-scores.ts'

const MOST_SAMPLES = 1500

/** As many scores as there are, at most 1500, that are normal without chance: the quantiles of the middle of each share; in 0..1. */
export function normalUnits(count: number): Float64Array {
  const size = Math.min(count, MOST_SAMPLES)
  const quantiles = Float64Array.from({ length: size }, (_, i) => -normalUpperQuantile((i + 0.5) / size))
  const range = quantiles[size - 1]! - quantiles[0]!
  return quantiles.map((quantile) => (quantile - quantiles[0]!) / range)
}

/**
 * The distance between the smoothed distribution of the scores and that of normal ones, by Kolmogorov and Smirnov (PyThresh's metric KS).
 * PyThresh draws the normal scores and so depends on its seed.
 */
export function dsn(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const places = 3 * unit.length
    const ours = distributionOf(unit, places).values
    const normal = distributionOf(normalUnits(unit.length), places).values
    return ours.reduce((most, value, i) => Math.max(most, Math.abs(value - normal[i]!)), 0)
  })
}
