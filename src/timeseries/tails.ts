import { medianOf, quantileOf } from './quantile.ts'

/** Residuals are taken from the median of so many points around each: neither trend nor season counts. */
const WINDOW = 7
const USUAL = 0.75
const EXTREME = 0.999
const FEWEST = 30

/**
 * How much heavier than Gaussian the tails of the noise are: the 99.9 % quantile of its absolute deviations as a multiple of the 75 % one (with fewer than a
 * thousand points, the largest), divided by what Gaussian noise has. 1 is Gaussian, 2 has outliers twice as far out. Undefined for few points, and where too few
 * values move at all.
 */
export function tailWeight(values: Float64Array): number | undefined {
  const count = values.length
  if (count < FEWEST) return undefined
  const half = WINDOW >> 1
  const deviations = new Float64Array(count - 2 * half)
  for (let i = half; i < count - half; i++)
    deviations[i - half] = Math.abs(values[i]! - medianOf(values.subarray(i - half, i + half + 1)))
  deviations.sort()
  const extreme = Math.min(EXTREME, 1 - 0.5 / deviations.length)
  const usual = quantileOf(deviations, USUAL)
  if (usual === 0) return undefined
  return quantileOf(deviations, extreme) / usual / (absoluteNormal(extreme) / absoluteNormal(USUAL))
}

/** Quantile of the absolute value of a standard normal variable (Abramowitz and Stegun 26.2.23, exact to 5e-4). */
function absoluteNormal(share: number): number {
  const t = Math.sqrt(-2 * Math.log((1 - share) / 2))
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
}
