import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import {
  contaminationOption,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
  type ModelState,
} from '../detector.ts'
import { addDistanceShares, weightsOfJoined } from '../neighbours/distance-shares.ts'
import type { KdTree } from '../neighbours/kd-tree.ts'
import { type Metric, toDistance } from '../neighbours/metric.ts'
import { exponentOption, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import { metricState, readMetric } from '../neighbours/metric-state.ts'
import { indexRows } from '../neighbours/nearest.ts'
import type { Parallel } from '../parallel/parallel.ts'

const METHODS = ['largest', 'mean', 'median'] as const
const options = z.strictObject({
  contamination: contaminationOption,
  n_neighbors: z
    .int()
    .min(1)
    .default(5)
    .meta({ description: 'How many nearest training rows a row is compared with.' }),
  method: z.enum(METHODS).default('largest').meta({
    description: 'What the distances to the neighbours become: the largest, their mean or their median.',
  }),
  metric: metricOption.meta({ description: 'The distance; minkowski uses the exponent p.' }),
  p: exponentOption,
  metric_params: metricParamsOption,
  radius: ignoredOption,
  algorithm: ignoredOption,
  leaf_size: ignoredOption,
  n_jobs: ignoredOption,
})

interface Settings {
  readonly neighbours: number
  readonly method: (typeof METHODS)[number]
  readonly metric: Metric
}

/**
 * Distance to the k-th nearest training row (Ramaswamy 2000), or the mean or median of the k distances
 * (Angiulli 2002). The explanation divides these distances among the columns.
 */
export const knn = defineDetector({
  name: 'KNN',
  summary: 'Distance of a row to its nearest neighbours among the training rows.',
  source:
    'PyOD 3.6.7 pyod/models/knn.py; Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers (2000)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n log n, n² above 20 columns', score: 'log n, n above 20 columns' },
  tuning: { n_neighbors: [3, 5, 10, 20], method: ['largest', 'mean'] },
  options,
  example: { n_neighbors: 5, method: 'largest' },
  fit(data, { n_neighbors, method, metric, p }, { parallel }) {
    requireTrainable('KNN', data, n_neighbors + 1, `, or lower n_neighbors (now ${n_neighbors})`)
    const settings = {
      neighbours: n_neighbors,
      method,
      metric: metricNamed(metric, p),
    }
    const neighbourhood = createNeighbourhood({ ...data, data: data.data.slice() }, settings, parallel)
    let scores: Float64Array | undefined
    return {
      model: neighbourhood.model,
      // Most who fit ask for the extremes alone, which take a fraction of the time.
      get trainScores() {
        scores ??= neighbourhood.scoreTraining()
        return scores
      },
      get trainExtremes() {
        return neighbourhood.trainingExtremes()
      },
    }
  },
  restore(state, { parallel } = {}) {
    const read = readState('KNN', state)
    const metric = readMetric(read)
    const neighbours = read.number('neighbours')
    const training = read.matrix('training')
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < training.rows && training.columns > 0,
      'its rows are too few or empty',
    )
    const settings = { neighbours, method: read.text('method', METHODS), metric }
    return createNeighbourhood(training, settings, parallel).model
  },
})

interface Neighbourhood {
  readonly model: Model
  scoreTraining(): Float64Array
  /** The least and the greatest training score; undefined where only all of them tell. */
  trainingExtremes(): Float64Array | undefined
}

/** A model over training rows that it owns. */
function createNeighbourhood(
  training: Matrix,
  { neighbours, method, metric }: Settings,
  parallel: Parallel | undefined,
): Neighbourhood {
  const index = indexRows(training, metric, parallel)
  const state: ModelState = {
    neighbours,
    method,
    ...metricState(metric),
    training,
  }
  return {
    model: {
      state,
      score(matrix) {
        requireWidth('KNN', matrix, training.columns)
        const scores = new Float64Array(matrix.rows)
        index.distances(matrix, neighbours, (row, distances) => {
          scores[row] = join(distances, method)
        })
        return scores
      },
      explain(matrix) {
        requireWidth('KNN', matrix, training.columns)
        const { data, columns } = matrix
        const parts = new Float64Array(data.length)
        const weights = weightsOfJoined(method, neighbours)
        index.eachNearest(matrix, neighbours, (row, distances, found) => {
          const [from, to] = [row * columns, (row + 1) * columns]
          const compared = {
            metric,
            data: training.data,
            offsets: found.map((other) => other * columns),
            amounts: distances.map((distance, i) => distance * weights[i]!),
          }
          addDistanceShares(data.subarray(from, to), compared, parts.subarray(from, to))
        })
        return parts
      },
    },
    scoreTraining() {
      const scores = new Float64Array(training.rows)
      index.distancesOfOwn(neighbours, (row, distances) => {
        scores[row] = join(distances, method)
      })
      return scores
    },
    trainingExtremes() {
      const tree = method === 'largest' ? index.treeFor(training.rows) : undefined
      const extremes = tree === undefined ? undefined : extremesOf(tree, neighbours)
      return extremes?.map((reduced) => toDistance(metric, reduced))
    },
  }
}

/**
 * The least and the greatest of the reduced distances between each row of a tree and its k-th neighbour. A search for the least looks no
 * further than the least so far; one for the greatest ends once a row has its neighbours within the greatest so far. Undefined when a
 * distance overflows.
 */
function extremesOf({ rows, searchDistances }: KdTree, neighbours: number): Float64Array | undefined {
  const best = new Float64Array(neighbours)
  const found = new Int32Array(neighbours)
  const last = neighbours - 1
  let least = Number.POSITIVE_INFINITY
  let greatest = -1
  for (let row = 0, offset = 0; offset < rows.data.length; row++, offset += rows.columns) {
    best.fill(Number.POSITIVE_INFINITY)
    found.fill(-1)
    searchDistances(rows.data, offset, row, best, found, greatest)
    const atMost = best[last]!
    if (atMost === Number.POSITIVE_INFINITY) return undefined
    if (atMost > greatest) {
      // Nothing ended this search early.
      greatest = atMost
      least = Math.min(least, atMost)
    } else if (least > 0) {
      least = Math.min(least, atMost)
      best.fill(least)
      found.fill(-1)
      searchDistances(rows.data, offset, row, best, found)
      least = best[last]!
    }
  }
  return Float64Array.of(least, greatest)
}

function join(distances: Float64Array, method: Settings['method']): number {
  const count = distances.length
  switch (method) {
    case 'largest':
      return distances[count - 1]!
    case 'mean': {
      const total = distances.reduce((sum, distance) => sum + distance, 0)
      return Number.isFinite(total)
        ? total / count
        : distances.reduce((sum, distance) => sum + distance / count, 0)
    }
    case 'median': {
      const middle = count >> 1
      return count % 2 === 1 ? distances[middle]! : distances[middle - 1]! / 2 + distances[middle]! / 2
    }
  }
}
