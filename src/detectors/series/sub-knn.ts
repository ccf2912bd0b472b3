import { z } from 'zod'
import { readState, requireWidth } from '../checks.ts'
import { defineDetector, type Model } from '../detector.ts'
import { addDistanceShares, weightsOfJoined } from '../neighbours/distance-shares.ts'
import {
  METRIC_KINDS,
  type Metric,
  minkowski,
  overflowingDistance,
  toDistance,
} from '../neighbours/metric.ts'
import { medianOfSorted } from '../statistics/median.ts'
import { knn } from '../tabular/knn.ts'
import { type ComparedWindows, compareWindows, createNearestTo, nearestOfEach } from './window-distances.ts'
import {
  joinWindows,
  oldestFirst,
  readRuns,
  requireWindows,
  type WindowRuns,
  windowSizeOption,
} from './windows.ts'

const METHODS = ['largest', 'mean', 'median'] as const
const NAMED_EXPONENTS = {
  euclidean: 2,
  l2: 2,
  manhattan: 1,
  l1: 1,
  cityblock: 1,
  chebyshev: Number.POSITIVE_INFINITY,
} as const

const options = z.strictObject({ ...knn.options.shape, window_size: windowSizeOption })

interface Settings {
  readonly runs: WindowRuns
  readonly metric: Metric
  readonly neighbours: number
  readonly method: (typeof METHODS)[number]
}

/**
 * KNN over windows: the distance to the k-th nearest training window, or the mean or median of the k distances; the training score of a
 * window leaves itself out. As in PyOD, windows that overlap may be neighbours. The explanation divides these distances among the values of the window.
 */
export const subKnn = defineDetector({
  name: 'SubKNN',
  aliases: ['Sub-KNN'],
  summary: 'Distance of a window to its nearest neighbours among the training windows.',
  source:
    'PyOD 3.6.7 pyod/models/knn.py over pyod/models/ts_od.py; Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers (2000)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n²', score: 'n w at worst' },
  options,
  example: { n_neighbors: 5, window_size: 24 },
  window: ({ window_size }) => window_size,
  fit(data, { n_neighbors, method, metric, p, window_size }) {
    requireWindows('SubKNN', data, { rows: n_neighbors + 1, window: window_size })
    const settings = {
      runs: joinWindows(data),
      metric: minkowski(metric === 'minkowski' ? p : NAMED_EXPONENTS[metric]),
      neighbours: n_neighbors,
      method,
    }
    return { model: createModel(settings), trainScores: scoreTraining(settings) }
  },
  restore(state) {
    const read = readState('SubKNN', state)
    const kind = read.text('metric', METRIC_KINDS)
    const p = read.number('p')
    const settings = {
      runs: readRuns(read),
      metric: kind === 'chebyshev' ? minkowski(Number.POSITIVE_INFINITY) : { kind, p },
      neighbours: read.number('neighbours'),
      method: read.text('method', METHODS),
    }
    read.require(p > 0, 'its metric is not valid')
    const { values, starts, window } = settings.runs
    read.require(
      Number.isInteger(settings.neighbours) &&
        settings.neighbours >= 1 &&
        settings.neighbours < values.length - starts.length * (window - 1),
      'it has too few windows',
    )
    return createModel(settings)
  },
})

function scoreTraining({ runs, metric, neighbours, method }: Settings): Float64Array {
  const windows = compareWindows(runs, metric)
  const { window, offsets, values } = windows
  const all = nearestOfEach(windows, neighbours)
  return new Float64Array(offsets.length).map((_, i) => {
    const reduced = all.subarray(i * neighbours, (i + 1) * neighbours)
    if (reduced[neighbours - 1]! === Number.POSITIVE_INFINITY) {
      const offset = offsets[i]!
      const own = values.subarray(offset, offset + window)
      return join(distancesBeyond({ values, offsets, metric, neighbours }, own, i), method)
    }
    return join(
      reduced.map((value) => toDistance(metric, value)),
      method,
    )
  })
}

function createModel({ runs, metric, neighbours, method }: Settings): Model {
  const windows = compareWindows(runs, metric)
  const nearestTo = createNearestTo(windows)
  const query = new Float64Array(runs.window)
  const nearest = new Float64Array(neighbours)
  return {
    state: {
      ...runs,
      neighbours,
      method,
      metric: metric.kind,
      p: metric.kind === 'chebyshev' ? 1 : metric.p,
    },
    score(data) {
      requireWidth('SubKNN', data, runs.window)
      const scores = new Float64Array(data.rows)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, query)
        nearestTo(query, nearest)
        const distances =
          nearest[neighbours - 1]! === Number.POSITIVE_INFINITY
            ? distancesBeyond({ ...windows, neighbours }, query, -1)
            : nearest.map((reduced) => toDistance(metric, reduced))
        scores[row] = join(distances, method)
      }
      return scores
    },
    explain(data) {
      requireWidth('SubKNN', data, runs.window)
      const parts = new Float64Array(data.data.length)
      const weights = weightsOfJoined(method, neighbours)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, query)
        const { offsets, distances } = nearestByDistance(windows, query, neighbours)
        const compared = {
          metric,
          data: runs.values,
          offsets,
          amounts: distances.map((distance, i) => distance * weights[i]!),
        }
        const own = new Float64Array(runs.window)
        addDistanceShares(query, compared, own)
        parts.set(own.reverse(), row * runs.window)
      }
      return parts
    },
  }
}

/** Where the nearest windows begin, the first of equally near ones first, and how far away they are: by looking at all, for few questions. */
function nearestByDistance({ values, offsets, metric }: ComparedWindows, query: Float64Array, count: number) {
  const distances = Float64Array.from(offsets, (offset) =>
    overflowingDistance(metric, query, values.subarray(offset, offset + query.length)),
  )
  const order = Array.from(offsets.keys()).sort((a, b) => distances[a]! - distances[b]!)
  const nearest = Int32Array.from(order.slice(0, count))
  return {
    offsets: nearest.map((i) => offsets[i]!),
    distances: Float64Array.from(nearest, (i) => distances[i]!),
  }
}

interface Beyond {
  readonly values: Float64Array
  readonly offsets: Int32Array
  readonly metric: Metric
  readonly neighbours: number
}

/** The nearest distances of a window so far away that its reduced distances overflow. */
function distancesBeyond(
  { values, offsets, metric, neighbours }: Beyond,
  query: Float64Array,
  skip: number,
): Float64Array {
  const distances = Float64Array.from(offsets, (offset) =>
    overflowingDistance(metric, query, values.subarray(offset, offset + query.length)),
  )
  return distances
    .filter((_, i) => i !== skip)
    .sort()
    .subarray(0, neighbours)
}

function join(distances: Float64Array, method: Settings['method']): number {
  switch (method) {
    case 'largest':
      return distances[distances.length - 1]!
    case 'mean':
      return Math.min(
        distances.reduce((sum, distance) => sum + distance / distances.length, 0),
        Number.MAX_VALUE,
      )
    case 'median':
      return medianOfSorted(distances)
  }
}
