import type { NormalisedWindows } from './nearest-window.ts'

// When the product of two deviations falls so far below what it was along a diagonal, what is left of the sums is mostly rounding.
const LOST_DIGITS = 1e7

/**
 * The nearest other window of each window, at least `exclusion` + 1 away where both are in one run, by Euclidean distance of normalised
 * windows. In O(n²) time and O(n) memory: along a diagonal of the matrix of all pairs, a covariance follows from the one before
 * (Zimmerman et al. 2019). There must be such a window for each.
 */
export function nearestNeighbours(windows: NormalisedWindows, exclusion: number): Int32Array {
  const { offsets, runs, inverses } = windows
  const count = offsets.length
  const best = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
  const nearest = new Int32Array(count).fill(-1)
  const { half, centred } = stepsOf(windows)
  const gapless = runs[count - 1] === 0
  for (let apart = gapless ? exclusion + 1 : 1; apart < count; apart++) walk(apart)
  matchConstants()
  return nearest

  function walk(apart: number): void {
    let covariance = 0
    let least = Number.POSITIVE_INFINITY
    for (let i = 0, j = apart; j < count; i++, j++) {
      const rarity = inverses[i]! * inverses[j]!
      const continues = gapless ? i > 0 : i > 0 && runs[i] === runs[i - 1] && runs[j] === runs[j - 1]
      if (continues && rarity <= least * LOST_DIGITS) {
        covariance += half[i]! * centred[j]! + half[j]! * centred[i]!
        if (rarity < least) least = rarity
      } else {
        covariance = covarianceOf(windows, i, j)
        least = rarity
      }
      if (apart <= exclusion && runs[i] === runs[j]) continue
      const correlation = covariance * inverses[i]! * inverses[j]!
      if (correlation > best[i]!) {
        best[i] = correlation
        nearest[i] = j
      }
      if (correlation > best[j]!) {
        best[j] = correlation
        nearest[j] = i
      }
    }
  }

  /** Constant windows are nearest to each other, and as far from all others as two windows of correlation 1/2. */
  function matchConstants(): void {
    const first = inverses.indexOf(0)
    if (first < 0) return
    const last = inverses.lastIndexOf(0)
    const allowed = (i: number, j: number) => runs[i] !== runs[j] || Math.abs(i - j) > exclusion
    for (let i = 0; i < count; i++) {
      const other = allowed(i, first) ? first : allowed(i, last) ? last : -1
      if (other >= 0 && (inverses[i] === 0 || best[i]! < windows.window / 2)) nearest[i] = other
    }
  }
}

/** Of each window and the one before: half the change of its end values, and the sum of what they are above their means. */
function stepsOf({ values, window, offsets, means }: NormalisedWindows) {
  const half = new Float64Array(offsets.length)
  const centred = new Float64Array(offsets.length)
  for (let i = 1; i < offsets.length; i++) {
    const gone = values[offsets[i]! - 1]!
    const come = values[offsets[i]! + window - 1]!
    half[i] = (come - gone) / 2
    centred[i] = come - means[i]! + (gone - means[i - 1]!)
  }
  return { half, centred }
}

function covarianceOf({ values, window, offsets, means }: NormalisedWindows, i: number, j: number): number {
  const first = offsets[i]!
  const second = offsets[j]!
  let sum = 0
  for (let k = 0; k < window; k++) sum += (values[first + k]! - means[i]!) * (values[second + k]! - means[j]!)
  return sum
}
