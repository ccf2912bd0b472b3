import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { kMeans } from '../clustering/k-means.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { squaredDistances } from '../linear-algebra/squared-distances.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { indexRows } from '../neighbours/nearest.ts'
import { type Rescaling, rescale, rescalingOf } from '../statistics/rescale.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_clusters: z.int().min(1).default(8).meta({ description: 'Clusters to form by k-means.' }),
  alpha: z.number().gt(0).lt(1).default(0.9).meta({
    description: 'The largest clusters that together hold this share of the rows are large ones.',
  }),
  beta: z.number().gt(1).default(5).meta({
    description: 'Large clusters end where one is at least so many times as large as the next.',
  }),
  use_weights: z.boolean().default(false).meta({
    description: 'Multiply the score of a row by the number of training rows in its cluster.',
  }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the clusters; null takes the metric's own, so that results repeat either way.",
  }),
  clustering_estimator: z
    .null()
    .default(null)
    .meta({ description: 'Accepted for compatibility with PyOD; only null, which is k-means.' }),
  check_estimator: ignoredOption,
  n_jobs: ignoredOption,
})

interface Clusters {
  /** Rescaled; those of the large clusters come first. */
  readonly centres: Matrix
  /** How many of them are large. */
  readonly large: number
  /** What the distance of a row of each cluster is multiplied by. */
  readonly weights: Float64Array
}

/**
 * Score = distance to the centre of the row's cluster, or to the nearest centre of a large cluster when its own is a small one. Clusters in
 * order of size are large up to the first place at which they hold the share alpha of the rows and the next is beta times smaller, else the first
 * at which the former holds, else the latter. Where neither ever holds, PyOD refuses to train; here all clusters are large then. A cluster that
 * k-means leaves empty, because too few rows differ, is dropped. The explanation divides the score among the columns as they have parts of that distance.
 */
export const cblof = defineDetector({
  name: 'CBLOF',
  summary: 'Distance of a row to the nearest large cluster of training rows.',
  source:
    'PyOD 3.6.7 pyod/models/cblof.py over scikit-learn 1.9.1; He, Xu, Deng: Discovering cluster-based local outliers (2003)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'clusters · n · d · rounds', score: 'clusters · d' },
  options,
  example: { n_clusters: 4, random_state: 42 },
  fit(data, { n_clusters, alpha, beta, use_weights, random_state }, { random }) {
    requireTrainable('CBLOF', data, n_clusters, `, or lower n_clusters (now ${n_clusters})`)
    const rescaling = rescalingOf(data)
    const { centres, labels } = kMeans(rescale(data, rescaling), {
      clusters: n_clusters,
      random: random_state === null ? random : createRandom(random_state),
    })
    const sizes = new Int32Array(n_clusters)
    for (const label of labels) sizes[label]!++
    const order = Array.from(sizes, (_, k) => k)
      .filter((k) => sizes[k]! > 0)
      .sort((a, b) => sizes[b]! - sizes[a]! || a - b)
    const ordered = order.map((k) => sizes[k]!)
    const model = createModel(rescaling, {
      centres: pickRows(centres, order),
      large: countLarge(ordered, alpha * data.rows, beta),
      weights: Float64Array.from(ordered, (size) => (use_weights ? size : 1)),
    })
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('CBLOF', state)
    const rescaling = { origin: read.array('origin', Float64Array), factor: read.number('factor') }
    const clusters = {
      centres: read.matrix('centres'),
      large: read.number('large'),
      weights: read.array('weights', Float64Array),
    }
    read.require(
      Number.isInteger(clusters.large) &&
        clusters.large >= 1 &&
        clusters.large <= clusters.centres.rows &&
        clusters.weights.length === clusters.centres.rows &&
        clusters.centres.columns === rescaling.origin.length &&
        rescaling.factor > 0,
      'its arrays do not fit together',
    )
    return createModel(rescaling, clusters)
  },
})

/** How many clusters, whose sizes descend, are large. */
function countLarge(sizes: readonly number[], share: number, beta: number): number {
  const held: number[] = []
  const steep: number[] = []
  let rows = 0
  for (let i = 1; i < sizes.length; i++) {
    rows += sizes[i - 1]!
    if (rows >= share) held.push(i)
    if (sizes[i - 1]! / sizes[i]! >= beta) steep.push(i)
  }
  return held.find((i) => steep.includes(i)) ?? held[0] ?? steep[0] ?? sizes.length
}

function pickRows({ data, columns }: Matrix, numbers: readonly number[]): Matrix {
  const picked = new Float64Array(numbers.length * columns)
  numbers.forEach((row, i) => {
    picked.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { data: picked, rows: numbers.length, columns }
}

function createModel(rescaling: Rescaling, clusters: Clusters): Model {
  const { centres, large, weights } = clusters
  const score = (data: Matrix): Float64Array => {
    requireWidth('CBLOF', data, centres.columns)
    const { data: rows, columns } = rescale(data, rescaling)
    const scores = new Float64Array(data.rows)
    const squares = new Float64Array(centres.rows)
    for (let row = 0; row < data.rows; row++) {
      squaredDistances(centres, { query: rows, offset: row * columns, from: 0, to: centres.rows }, squares)
      let cluster = 0
      let nearest = Number.POSITIVE_INFINITY
      let nearestLarge = Number.POSITIVE_INFINITY
      for (let k = 0; k < centres.rows; k++) {
        if (squares[k]! < nearest) {
          nearest = squares[k]!
          cluster = k
        }
        if (k < large) nearestLarge = nearest
      }
      // A row of a large cluster is nearest to that one anyway.
      const distance = (Math.sqrt(nearestLarge) / rescaling.factor) * 2
      scores[row] = Math.min(distance * weights[cluster]!, Number.MAX_VALUE)
    }
    return scores
  }
  const largeCentres = {
    ...centres,
    data: centres.data.subarray(0, large * centres.columns),
    rows: large,
  }
  return {
    state: { ...rescaling, ...clusters },
    score,
    explain(data) {
      const scores = score(data)
      const rows = rescale(data, rescaling)
      const { columns } = rows
      const parts = new Float64Array(rows.data.length)
      indexRows(largeCentres, EUCLIDEAN).eachNearest(rows, 1, (row, _, found) => {
        const [from, to] = [row * columns, (row + 1) * columns]
        const compared = {
          metric: EUCLIDEAN,
          data: centres.data,
          offsets: [found[0]! * columns],
          amounts: [scores[row]!],
        }
        addDistanceShares(rows.data.subarray(from, to), compared, parts.subarray(from, to))
      })
      return parts
    },
  }
}
