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
import { buildKdTree, type KdTree } from '../neighbours/kd-tree.ts'
import {
  METRIC_KINDS,
  type Metric,
  minkowski,
  overflowingDistance,
  toDistance,
} from '../neighbours/metric.ts'
import { type Found, type Queries, type Rows, searchAll } from '../neighbours/scan.ts'

const METHODS = ['largest', 'mean', 'median'] as const
const NAMED_METRICS = {
  euclidean: 2,
  l2: 2,
  manhattan: 1,
  l1: 1,
  cityblock: 1,
  chebyshev: Number.POSITIVE_INFINITY,
} as const

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
  metric: z
    .enum(['minkowski', 'euclidean', 'l2', 'manhattan', 'l1', 'cityblock', 'chebyshev'])
    .default('minkowski')
    .meta({ description: 'The distance; minkowski uses the exponent p.' }),
  p: z
    .number()
    .positive()
    .default(2)
    .meta({ description: 'Exponent of the Minkowski distance: 2 is Euclidean, 1 is Manhattan.' }),
  metric_params: z
    .null()
    .default(null)
    .meta({ description: 'Accepted for compatibility with PyOD; only null.' }),
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

// Beyond so many columns a tree visits nearly every row anyway; for few rows or few questions it does not
// pay.
const TREE_COLUMNS = 20
const TREE_ROWS = 128
const TREE_QUERIES = 64

/**
 * Distance to the k-th nearest training row (Ramaswamy 2000), or the mean or median of the k distances
 * (Angiulli 2002).
 */
export const knn = defineDetector({
  name: 'KNN',
  summary: 'Distance of a row to its nearest neighbours among the training rows.',
  source:
    'PyOD 3.6.7 pyod/models/knn.py; Ramaswamy, Rastogi, Shim: Efficient algorithms for mining outliers (2000)',
  family: 'tabular',
  complexity: { fit: 'n log n, n² above 20 columns', score: 'log n, n above 20 columns' },
  options,
  example: { n_neighbors: 5, method: 'largest' },
  fit(data, { n_neighbors, method, metric, p }) {
    requireTrainable('KNN', data, n_neighbors + 1, `, or lower n_neighbors (now ${n_neighbors})`)
    const settings = {
      neighbours: n_neighbors,
      method,
      metric: minkowski(metric === 'minkowski' ? p : NAMED_METRICS[metric]),
    }
    const neighbourhood = createNeighbourhood({ ...data, data: data.data.slice() }, settings)
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
  restore(state) {
    const read = readState('KNN', state)
    const kind = read.text('metric', METRIC_KINDS)
    const p = read.number('p')
    const neighbours = read.number('neighbours')
    const training = read.matrix('training')
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < training.rows,
      'it has too few rows',
    )
    read.require(p > 0 && training.columns > 0, 'its metric or its rows are not valid')
    const metric: Metric = kind === 'chebyshev' ? minkowski(Number.POSITIVE_INFINITY) : { kind, p }
    return createNeighbourhood(training, { neighbours, method: read.text('method', METHODS), metric }).model
  },
})

interface Neighbourhood {
  readonly model: Model
  scoreTraining(): Float64Array
  /** The least and the greatest training score; undefined where only all of them tell. */
  trainingExtremes(): Float64Array | undefined
}

/**
 * A model over training rows that it owns. The tree is built when first worth it; results are the same with
 * and without.
 */
function createNeighbourhood(training: Matrix, settings: Settings): Neighbourhood {
  const { neighbours, metric } = settings
  const rows: Rows = { data: training.data, columns: training.columns, metric }
  const mayGrow = training.columns <= TREE_COLUMNS && training.rows >= TREE_ROWS
  const best = new Float64Array(neighbours)
  let tree: KdTree | undefined
  let asked = 0

  const treeFor = (count: number): KdTree | undefined => {
    asked += count
    if (tree === undefined && mayGrow && asked >= TREE_QUERIES) tree = buildKdTree(rows)
    return tree
  }
  const searchTree = ({ search }: KdTree, { data, count, own }: Queries, found: Found): void => {
    for (let i = 0; i < count; i++) {
      best.fill(Number.POSITIVE_INFINITY)
      search(data, i * rows.columns, own ? i : -1, best)
      found(i, best)
    }
  }

  const state: ModelState = {
    neighbours,
    method: settings.method,
    metric: metric.kind,
    p: metric.kind === 'chebyshev' ? 1 : metric.p,
    training,
  }
  return {
    model: {
      state,
      score(matrix) {
        requireWidth('KNN', matrix, training.columns)
        const { data, rows: count } = matrix
        const scores = new Float64Array(count)
        const queries: Queries = { data, count, own: false }
        const scoreOf = scoring(rows, queries, settings)
        const write: Found = (i, nearest) => {
          scores[i] = scoreOf(i, nearest)
        }
        const grown = treeFor(count)
        if (grown === undefined) searchAll(rows, queries, neighbours, write)
        else searchTree(grown, queries, write)
        return scores
      },
    },
    scoreTraining() {
      const scores = new Float64Array(training.rows)
      const grown = treeFor(training.rows)
      const searched = grown?.rows ?? rows
      const queries: Queries = { data: searched.data, count: training.rows, own: true }
      const scoreOf = scoring(searched, queries, settings)
      const write: Found = (i, nearest) => {
        scores[grown === undefined ? i : grown.order[i]!] = scoreOf(i, nearest)
      }
      // In the order of the leaves, where one query's rows are still in the cache for the next.
      if (grown === undefined) searchAll(rows, queries, neighbours, write)
      else searchTree(grown, queries, write)
      return scores
    },
    trainingExtremes() {
      const grown = settings.method === 'largest' ? treeFor(training.rows) : undefined
      const extremes = grown === undefined ? undefined : extremesOf(grown, neighbours)
      return extremes?.map((reduced) => toDistance(metric, reduced))
    },
  }
}

/**
 * The least and the greatest of the reduced distances between each row of a tree and its k-th neighbour. A search for the least looks no
 * further than the least so far; one for the greatest ends once a row has its neighbours within the greatest so far. Undefined when a
 * distance overflows.
 */
function extremesOf({ rows, search }: KdTree, neighbours: number): Float64Array | undefined {
  const best = new Float64Array(neighbours)
  const last = neighbours - 1
  let least = Number.POSITIVE_INFINITY
  let greatest = -1
  for (let row = 0, offset = 0; offset < rows.data.length; row++, offset += rows.columns) {
    best.fill(Number.POSITIVE_INFINITY)
    search(rows.data, offset, row, best, greatest)
    const atMost = best[last]!
    if (atMost === Number.POSITIVE_INFINITY) return undefined
    if (atMost > greatest) {
      // Nothing ended this search early.
      greatest = atMost
      least = Math.min(least, atMost)
    } else if (least > 0) {
      least = Math.min(least, atMost)
      best.fill(least)
      search(rows.data, offset, row, best)
      least = best[last]!
    }
  }
  return Float64Array.of(least, greatest)
}

/** What the nearest reduced distances of a query say of it. */
function scoring(
  rows: Rows,
  queries: Queries,
  { neighbours, method, metric }: Settings,
): (index: number, nearest: Float64Array) => number {
  return (index, nearest) => {
    const reduced = nearest[neighbours - 1]!
    if (reduced === Number.POSITIVE_INFINITY) return join(distancesBeyond(rows, queries, index), method)
    if (method === 'largest') return toDistance(metric, reduced)
    return join(
      nearest.map((value) => toDistance(metric, value)),
      method,
    )
  }

  /** The nearest distances of a row so far away that its reduced distances overflow. */
  function distancesBeyond({ data, columns }: Rows, { data: wanted, own }: Queries, index: number) {
    const query = wanted.subarray(index * columns, (index + 1) * columns)
    const distances: number[] = []
    for (let row = 0; row * columns < data.length; row++)
      if (!(own && row === index))
        distances.push(overflowingDistance(metric, query, data.subarray(row * columns, (row + 1) * columns)))
    return Float64Array.from(distances).sort().subarray(0, neighbours)
  }
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
