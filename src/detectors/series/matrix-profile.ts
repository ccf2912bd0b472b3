import { z } from 'zod'
import { readState, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Model } from '../detector.ts'
import { divideAmount } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { nearestNeighbours } from './join-diagonals.ts'
import {
  createNearestWindow,
  type NormalisedWindows,
  normaliseWindows,
  squaredDistance,
  writeNormalised,
} from './nearest-window.ts'
import {
  channelOption,
  joinWindows,
  oldestFirst,
  readRuns,
  requireWindows,
  type WindowRuns,
  windowSizeOption,
} from './windows.ts'
import { zNormalise } from './z-normalise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  window_size: windowSizeOption,
  channel_aggregation: channelOption,
})

/** Windows no further apart than this share alike values and are no match of each other. */
const exclusionOf = (window: number): number => Math.floor(window / 4)

/**
 * Score = Euclidean distance, after both are brought to mean 0 and variance 1, between a window and the training window most like it.
 *
 * A window does not match itself nor the windows that begin less than a quarter of its length before or after it. This holds for
 * training rows, and also for a new row that stands among the training windows or continues them, so that its score can be compared with
 * those of training. PyOD scores training windows only. Windows without any variance become zeros here: 0 apart from each other, √w from
 * all others (PyOD: infinity). The explanation divides the distance among the values of the window by the squares of their differences.
 */
export const matrixProfile = defineDetector({
  name: 'MatrixProfile',
  summary: 'Distance of the shape of a window to the most similar shape in the training series.',
  source:
    'PyOD 3.6.7 pyod/models/ts_matrix_profile.py; Yeh et al.: Matrix profile I (2016); Zimmerman et al.: Matrix profile XIV (2019)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n²', score: 'n w at worst' },
  options,
  example: { window_size: 24 },
  window: ({ window_size }) => window_size,
  fit(data, { window_size }) {
    requireWindows('MatrixProfile', data, {
      rows: 2 * exclusionOf(window_size) + 2,
      window: window_size,
    })
    const runs = joinWindows(data)
    const windows = normaliseWindows(runs)
    const nearest = nearestNeighbours(windows, exclusionOf(window_size))
    const own = new Float64Array(window_size)
    const trainScores = new Float64Array(data.rows).map((_, i) => {
      writeNormalised(windows, i, own)
      return Math.sqrt(squaredDistance(windows, nearest[i]!, own, Number.POSITIVE_INFINITY))
    })
    return { model: createModel(runs, windows), trainScores }
  },
  restore(state) {
    const read = readState('MatrixProfile', state)
    const runs = readRuns(read)
    const windows = normaliseWindows(runs)
    read.require(
      windows.offsets.length >= 2 * exclusionOf(runs.window) + 2,
      'it has fewer windows than a match needs',
    )
    return createModel(runs, windows)
  },
})

function createModel(runs: WindowRuns, windows: NormalisedWindows): Model {
  const { window } = runs
  const query = new Float64Array(window)
  const nearest = createNearestWindow(windows)
  return {
    state: { ...runs },
    score(data) {
      requireWidth('MatrixProfile', data, window)
      const scores = new Float64Array(data.rows)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, query)
        const excluded = trivialMatches(runs, windows, query)
        zNormalise(query)
        scores[row] = Math.sqrt(nearest(query, excluded))
      }
      return scores
    },
    explain(data) {
      requireWidth('MatrixProfile', data, window)
      const parts = new Float64Array(data.data.length)
      const matched = new Float64Array(window)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, query)
        const excluded = trivialMatches(runs, windows, query)
        zNormalise(query)
        const { index, squares } = nearestByScan(windows, query, excluded)
        writeNormalised(windows, index, matched)
        const differences = matched.map((value, j) => value - query[j]!)
        divideAmount(EUCLIDEAN, differences, Math.sqrt(squares))
        parts.set(differences.reverse(), row * window)
      }
      return parts
    },
  }
}

/** The nearest window outside `from` to `to` (exclusive), the first of equally near ones: by looking at all, for few questions. */
function nearestByScan(
  windows: NormalisedWindows,
  normalised: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
) {
  let index = -1
  let squares = Number.POSITIVE_INFINITY
  for (let i = 0; i < windows.offsets.length; i++) {
    if (i >= from && i < to) continue
    const own = squaredDistance(windows, i, normalised, squares)
    if (own >= squares) continue
    index = i
    squares = own
  }
  return { index, squares }
}

/** The training windows so near to where a raw window stands in, or right after, the training series that they are no match. */
function trivialMatches(
  { values, window }: WindowRuns,
  { offsets, runs }: NormalisedWindows,
  query: Float64Array,
): { from: number; to: number } {
  const exclusion = exclusionOf(window)
  const count = offsets.length
  const place = placeAmong()
  if (place < 0) return { from: count, to: count }
  const run = runs[Math.min(place, count - 1)]!
  let from = Math.min(Math.max(0, place - exclusion), count)
  while (from < count && runs[from] !== run) from++
  let to = Math.min(place + exclusion + 1, count)
  while (to > from && runs[to - 1] !== run) to--
  return { from, to }

  /** The number that the query has, or would have, among the windows; -1 when it is none of them. */
  function placeAmong(): number {
    const newest = query[window - 1]
    for (let i = count - 1; i >= 0; i--)
      if (values[offsets[i]! + window - 1] === newest && agrees(offsets[i]!, window)) return i
    for (let newer = 1; newer <= exclusion; newer++)
      if (agrees(values.length - window + newer, window - newer)) return count - 1 + newer
    return -1
  }

  function agrees(offset: number, length: number): boolean {
    for (let j = length - 1; j >= 0; j--) if (values[offset + j] !== query[j]) return false
    return true
  }
}
