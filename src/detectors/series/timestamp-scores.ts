import type { Matrix } from '../detector.ts'

/** All windows of a series, one step apart, as rows with the newest value first; none when the series is shorter than a window. */
export function slidingWindows(series: Float64Array, window: number): Matrix {
  const rows = Math.max(0, series.length - window + 1)
  const data = new Float64Array(rows * window)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < window; j++) data[row * window + j] = series[row + window - 1 - j]!
  return { data, rows, columns: window }
}

/**
 * Scores of the points of a series from the scores of its windows one step apart: the largest score, or the mean, of all windows that hold
 * a point, as PyOD's `map_scores_to_timestamps`. In hindsight only: a point's score depends on windows that end after it.
 */
export function timestampScores(
  windowScores: Float64Array,
  window: number,
  aggregation: 'max' | 'mean',
): Float64Array {
  if (windowScores.length === 0) return new Float64Array(0)
  return aggregation === 'max' ? largest(windowScores, window) : means(windowScores, window)
}

/** A queue of the windows that may yet be the largest keeps this linear. */
function largest(scores: Float64Array, window: number): Float64Array {
  const queue = new Int32Array(scores.length)
  let head = 0
  let tail = 0
  return new Float64Array(scores.length + window - 1).map((_, point) => {
    if (point < scores.length) {
      while (tail > head && scores[queue[tail - 1]!]! <= scores[point]!) tail--
      queue[tail++] = point
    }
    while (queue[head]! <= point - window) head++
    return scores[queue[head]!]!
  })
}

function means(scores: Float64Array, window: number): Float64Array {
  return new Float64Array(scores.length + window - 1).map((_, point) => {
    const from = Math.max(0, point - window + 1)
    const to = Math.min(scores.length, point + 1)
    let sum = 0
    for (let i = from; i < to; i++) sum += scores[i]! / (to - from)
    return sum
  })
}
