import { fitTail, type Tail, tailQuantile } from './tail.ts'

/** A threshold that learns from each score that it judges. */
export interface Spot {
  readonly threshold: number
  /** Whether a score is above the threshold; if not, it is learned. */
  judge(score: number): boolean
}

export interface SpotOptions {
  /** How probable a score above the threshold is to be. */
  readonly risk?: number
  /** The share of scores below the level from which on the tail is fitted. */
  readonly level?: number
}

// The tail is fitted to no fewer scores than this, where that is not more than half.
const FEWEST = 10
const MOST_PEAKS = 1000

/**
 * Peaks over threshold: the scores above a high level are as a generalised Pareto distribution, and the threshold is the score that such are
 * above with a given probability (Siffer, Fouque, Termier, Largouet 2017). With less than a tail (few or equal scores), it is the greatest.
 * A score above the threshold is not learned; the last 1000 peaks are remembered.
 */
export function createSpot(scores: Float64Array, { risk = 1e-3, level = 0.98 }: SpotOptions = {}): Spot {
  const sorted = scores.slice().sort()
  let count = sorted.length
  const above = Math.min(count >> 1, Math.max(FEWEST, Math.round((1 - level) * count)))
  const start = sorted[Math.max(0, count - above - 1)] ?? Number.NaN
  let greatest = sorted[count - 1] ?? Number.NaN
  const peaks = Array.from(sorted.subarray(count - above))
    .filter((score) => score > start)
    .map((score) => Math.min(score - start, Number.MAX_VALUE))
  let peakCount = peaks.length
  let tail: Tail = fitTail(Float64Array.from(peaks))
  let threshold = Number.NaN
  const update = (): void => {
    const share = peakCount / count
    const beyond = share > risk ? tailQuantile(tail, risk, share) : Number.NaN
    // A risk greater than the share of the peaks asks for a score that the tail does not reach.
    threshold = beyond > 0 ? Math.min(start + beyond, Number.MAX_VALUE) : greatest
  }
  update()
  return {
    get threshold() {
      return threshold
    },
    judge(score) {
      if (score > threshold) return true
      count++
      if (score > greatest) greatest = score
      if (score > start) {
        peakCount++
        peaks.push(Math.min(score - start, Number.MAX_VALUE))
        if (peaks.length > MOST_PEAKS) peaks.shift()
        tail = fitTail(Float64Array.from(peaks))
      }
      update()
      return false
    },
  }
}
