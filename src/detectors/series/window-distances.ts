import { extend, type Metric } from '../neighbours/metric.ts'
import { segmentLength, segmentSums } from './segment-sums.ts'
import { type WindowRuns, windowOffsets } from './windows.ts'
import { largestSize } from './z-normalise.ts'

// When the distance of a pair falls so far below what it was along a diagonal, what is left of the sum is mostly rounding.
const LOST_DIGITS = 1e-4
// Sums are rounded; a bound that is a little too high must not hide a window.
const SLACK = 1 + 1e-6

/** Raw windows, compared by a Minkowski distance. */
export interface ComparedWindows {
  readonly values: Float64Array
  readonly window: number
  readonly offsets: Int32Array
  readonly metric: Metric
}

export function compareWindows(runs: WindowRuns, metric: Metric): ComparedWindows {
  return { values: runs.values, window: runs.window, offsets: windowOffsets(runs), metric }
}

/** Takes a reduced distance into the ascending ones of the nearest so far. */
function insert(best: Float64Array, from: number, to: number, reduced: number): number {
  let place = to - 1
  while (place > from && best[place - 1]! > reduced) {
    best[place] = best[place - 1]!
    place--
  }
  best[place] = reduced
  return place
}

/** Writes the ascending reduced distances between a query, oldest value first, and its nearest windows. */
export type NearestTo = (query: Float64Array, best: Float64Array) => void

export function createNearestTo(windows: ComparedWindows): NearestTo {
  const { values, window, offsets, metric } = windows
  if (metric.kind !== 'euclidean')
    return (query, best) => {
      best.fill(Number.POSITIVE_INFINITY)
      for (let i = 0; i < offsets.length; i++) {
        const worst = best[best.length - 1]!
        const reduced = reducedTo(windows, offsets[i]!, query, worst)
        if (reduced < worst) insert(best, 0, best.length, reduced)
      }
    }

  const length = segmentLength(window)
  const segments = Math.floor(window / length)
  const sums = segmentSums(values, length)
  const own = new Float64Array(segments)
  // The square of what rounding may have added to a sum, many times over.
  const noise = 1e-18 * (largestSize(values) * length) ** 2
  return (query, best) => {
    best.fill(Number.POSITIVE_INFINITY)
    for (let s = 0; s < segments; s++) {
      own[s] = 0
      for (let j = s * length; j < (s + 1) * length; j++) own[s]! += query[j]!
    }
    for (let i = 0; i < offsets.length; i++) {
      const worst = best[best.length - 1]!
      const enough = worst * length * SLACK + noise
      let bound = 0
      for (let s = 0, at = offsets[i]!; s < segments && bound <= enough; s++, at += length) {
        const difference = own[s]! - sums[at]!
        bound += difference * difference
      }
      if (bound > enough) continue
      const reduced = squaresTo(values, offsets[i]!, query, worst)
      if (reduced < worst) insert(best, 0, best.length, reduced)
    }
  }
}

/** The squared distance; some number not below `enough` as soon as that is known. From the newest value on, which is the one judged. */
function squaresTo(values: Float64Array, offset: number, query: Float64Array, enough: number): number {
  let squares = 0
  let j = query.length - 1
  for (; j >= 3 && squares < enough; j -= 4) {
    const at = offset + j
    const a = query[j]! - values[at]!
    const b = query[j - 1]! - values[at - 1]!
    const c = query[j - 2]! - values[at - 2]!
    const d = query[j - 3]! - values[at - 3]!
    squares += a * a + b * b + (c * c + d * d)
  }
  if (squares >= enough) return squares
  for (; j >= 0; j--) {
    const difference = query[j]! - values[offset + j]!
    squares += difference * difference
  }
  return squares
}

function reducedTo(
  { values, metric }: ComparedWindows,
  offset: number,
  query: Float64Array,
  enough: number,
): number {
  let reduced = 0
  for (let j = query.length - 1; j >= 0 && reduced < enough; j--)
    reduced = extend(metric, reduced, query[j]! - values[offset + j]!)
  return reduced
}

/**
 * The ascending reduced distances between each window and its `neighbours` nearest others, one window after the other. In O(n²) time: along
 * a diagonal of the matrix of all pairs a sum follows from the one before. Which are the nearest is decided so; their distances are then
 * summed anew.
 */
export function nearestOfEach(windows: ComparedWindows, neighbours: number): Float64Array {
  const { values, window, offsets, metric } = windows
  const count = offsets.length
  const best = new Float64Array(count * neighbours).fill(Number.POSITIVE_INFINITY)
  const numbers = new Int32Array(count * neighbours).fill(-1)
  const slides = metric.kind !== 'chebyshev'
  const euclidean = metric.kind === 'euclidean'
  for (let apart = 1; apart < count; apart++) walk(apart)
  const exact = new Float64Array(neighbours)
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < neighbours; k++) {
      const other = numbers[i * neighbours + k]!
      exact[k] = other < 0 ? Number.POSITIVE_INFINITY : between(i, other)
    }
    best.set(exact.sort(), i * neighbours)
  }
  return best

  function walk(apart: number): void {
    let reduced = 0
    let largest = 0
    for (let i = 0, j = apart; j < count; i++, j++) {
      const first = offsets[i]!
      const second = offsets[j]!
      const continues = slides && i > 0 && first === offsets[i - 1]! + 1 && second === offsets[j - 1]! + 1
      if (continues) {
        const come = values[first + window - 1]! - values[second + window - 1]!
        const gone = values[first - 1]! - values[second - 1]!
        reduced += euclidean ? come * come - gone * gone : extend(metric, 0, come) - extend(metric, 0, gone)
        if (reduced > largest) largest = reduced
      }
      if (!(continues && reduced >= largest * LOST_DIGITS)) largest = reduced = between(i, j)
      if (reduced < best[i * neighbours + neighbours - 1]!) take(i, j, reduced)
      if (reduced < best[j * neighbours + neighbours - 1]!) take(j, i, reduced)
    }
  }

  function take(i: number, other: number, reduced: number): void {
    const to = (i + 1) * neighbours
    const place = insert(best, i * neighbours, to, reduced)
    numbers.copyWithin(place + 1, place, to - 1)
    numbers[place] = other
  }

  function between(i: number, j: number): number {
    let reduced = 0
    for (let k = window - 1; k >= 0; k--)
      reduced = extend(metric, reduced, values[offsets[i]! + k]! - values[offsets[j]! + k]!)
    return reduced
  }
}
