import { medianOf } from '../statistics/median.ts'
import { segmentLength, segmentSums } from './segment-sums.ts'
import { type WindowRuns, windowOffsets } from './windows.ts'
import { largestSize, measureWindow, safeScale } from './z-normalise.ts'

// Sums are rounded; a bound that is a little too high must not hide a window.
const SLACK = 1 + 1e-6

/** Windows with what brings each to mean 0 and variance 1. */
export interface NormalisedWindows {
  /** The values of the runs, times one power of two that keeps squares finite. */
  readonly values: Float64Array
  readonly window: number
  /** Where each window begins. */
  readonly offsets: Int32Array
  /** The run of each window. */
  readonly runs: Int32Array
  readonly means: Float64Array
  /** One by the standard deviation; 0 of constant windows, which so become zeros. */
  readonly inverses: Float64Array
}

export function normaliseWindows(joined: WindowRuns): NormalisedWindows {
  const { starts, window } = joined
  const scale = safeScale(largestSize(joined.values))
  const values = joined.values.map((value) => value * scale)
  const offsets = windowOffsets(joined)
  const runs = new Int32Array(offsets.length)
  const means = new Float64Array(offsets.length)
  const inverses = new Float64Array(offsets.length)
  const found = { mean: 0, inverse: 0 }
  for (let i = 0, run = 0; i < offsets.length; i++) {
    const offset = offsets[i]!
    while (run + 1 < starts.length && starts[run + 1]! <= offset) run++
    measureWindow(values, offset, window, found)
    runs[i] = run
    means[i] = found.mean
    inverses[i] = found.inverse
  }
  return { values, window, offsets, runs, means, inverses }
}

/** The squared distance to the nearest window outside `from` to `to` (exclusive), of a window of mean 0 and variance 1; there must be one. */
export type NearestWindow = (
  normalised: Float64Array,
  excluded: { readonly from: number; readonly to: number },
) => number

export function createNearestWindow(windows: NormalisedWindows): NearestWindow {
  const { values, window, offsets, means, inverses } = windows
  const length = segmentLength(window)
  const segments = Math.floor(window / length)
  const level = medianOf(values)
  const sums = segmentSums(
    // A high level would cost digits of sums.
    values.map((value) => value - level),
    length,
  )
  const own = new Float64Array(segments)
  let hint = 0

  return (normalised, { from, to }) => {
    for (let s = 0; s < segments; s++) {
      own[s] = 0
      for (let j = s * length; j < (s + 1) * length; j++) own[s]! += normalised[j]!
    }
    // Where the last match went on is a good first guess: the nearer it is, the sooner all others are out.
    let found = hint
    let best =
      hint < from || hint >= to
        ? squaredDistance(windows, hint, normalised, Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY
    for (let i = 0; i < offsets.length; i++) {
      if (i === from) i = to
      if (i >= offsets.length) break
      const enough = best * length * SLACK
      const inverse = inverses[i]!
      const shift = (means[i]! - level) * length
      let bound = 0
      for (let s = 0, at = offsets[i]!; s < segments && bound <= enough; s++, at += length) {
        const difference = own[s]! - (sums[at]! - shift) * inverse
        bound += difference * difference
      }
      if (bound > enough) continue
      const squares = squaredDistance(windows, i, normalised, best)
      if (squares < best) {
        best = squares
        found = i
      }
    }
    hint = found + 1 < offsets.length ? found + 1 : found
    return best
  }
}

/** The squared distance between normalised values and window `index`; some number above `enough` as soon as it is known to be above. */
export function squaredDistance(
  { values, offsets, means, inverses }: NormalisedWindows,
  index: number,
  normalised: Float64Array,
  enough: number,
): number {
  const offset = offsets[index]!
  const mean = means[index]!
  const inverse = inverses[index]!
  let squares = 0
  // From the newest value on, which is the one that is judged.
  let j = normalised.length - 1
  for (; j >= 3 && squares <= enough; j -= 4) {
    const at = offset + j
    const a = normalised[j]! - (values[at]! - mean) * inverse
    const b = normalised[j - 1]! - (values[at - 1]! - mean) * inverse
    const c = normalised[j - 2]! - (values[at - 2]! - mean) * inverse
    const d = normalised[j - 3]! - (values[at - 3]! - mean) * inverse
    squares += a * a + b * b + (c * c + d * d)
  }
  for (; j >= 0 && squares <= enough; j--) {
    const difference = normalised[j]! - (values[offset + j]! - mean) * inverse
    squares += difference * difference
  }
  return squares
}

/** Writes the normalised values of a window, oldest first. */
export function writeNormalised(
  { values, window, offsets, means, inverses }: NormalisedWindows,
  index: number,
  out: Float64Array,
): void {
  for (let j = 0; j < window; j++) out[j] = (values[offsets[index]! + j]! - means[index]!) * inverses[index]!
}
