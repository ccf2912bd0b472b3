import { binomialCdf } from './statistics/special-functions.ts'

/** The label of a row that is neither called an outlier nor an inlier. */
export const REJECTED = -2

/** What rejecting uncertain rows costs. */
export interface RejectionBounds {
  /** Share of rows that is expected to be rejected. */
  readonly expectedRate: number
  /** Holds with the probability asked for. */
  readonly rateBound: number
  readonly costBound: number
}

/** Labels with -2 where the confidence in a label, of which one half means none, does not reach 1 - 2 exp(-tolerance). */
export function rejectUncertain(labels: Uint8Array, confidence: Float64Array, tolerance: number): Int8Array {
  const limit = 1 - 2 * Math.exp(-tolerance)
  return Int8Array.from(labels, (label, row) =>
    2 * Math.abs(confidence[row]! - 0.5) <= limit ? REJECTED : label,
  )
}

/**
 * Expected rate of rejections, and bounds, for a detector trained on `count` rows: theorems 3.5 to 3.8 of Perini, Davis: Unsupervised anomaly
 * detection with rejection (2023), as PyOD 3.6.7 pyod/models/base.py computes them.
 */
export function rejectionBounds(
  count: number,
  contamination: number,
  {
    tolerance,
    delta,
    falsePositive,
    falseNegative,
    rejection,
  }: {
    readonly tolerance: number
    readonly delta: number
    readonly falsePositive: number
    readonly falseNegative: number
    readonly rejection: number
  },
): RejectionBounds {
  const outliers = Math.floor(count * contamination) - 1
  const low = shareWithCdf(outliers, count, 1 - Math.exp(-tolerance))
  const high = shareWithCdf(outliers, count, Math.exp(-tolerance))
  const expectedRate = high - low
  const n = count
  const right =
    (-contamination * (n + 2) + n + 1) / n + (tolerance * (n + 2)) / Math.sqrt(2 * n ** 3 * tolerance)
  const inside =
    2 * n * (-3 * contamination ** 2 - 2 * n * (1 - contamination) ** 2 + 4 * contamination - 3) +
    tolerance * (n + 2) ** 2 -
    8
  // Where the theorem has no real bound, nothing is taken off.
  const left =
    inside < 0
      ? 0
      : (2 + n * (1 - contamination) * (n + 1)) / n ** 2 - Math.sqrt(0.5 * n ** 5 * inside) / n ** 4
  const margin = 2 * Math.sqrt(Math.log(2 / delta) / (2 * n))
  return {
    expectedRate,
    rateBound: Math.min(1, right) - Math.max(0, left) + margin,
    costBound:
      Math.min(contamination, low) * falsePositive +
      Math.min(1 - high, contamination) * falseNegative +
      expectedRate * rejection,
  }
}

/** The probability of success with which at most `successes` of `trials` succeed with probability `cdf`, which falls as it grows. */
function shareWithCdf(successes: number, trials: number, cdf: number): number {
  let low = 0
  let high = 1
  while (high - low > Number.EPSILON * high) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (binomialCdf(successes, trials, middle) > cdf) low = middle
    else high = middle
  }
  return (low + high) / 2
}
