import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import type { Metric } from '../neighbours/metric.ts'
import { exponentOption, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import { metricState, readMetric } from '../neighbours/metric-state.ts'
import { indexRows, type Nearest, type NeighbourIndex } from '../neighbours/nearest.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_neighbors: z.int().min(1).default(20).meta({
    description: 'How many nearest training rows a row is compared with; with fewer training rows, all.',
  }),
  metric: metricOption.meta({ description: 'The distance; minkowski uses the exponent p.' }),
  p: exponentOption,
  metric_params: metricParamsOption,
  algorithm: ignoredOption,
  leaf_size: ignoredOption,
  n_jobs: ignoredOption,
  novelty: ignoredOption,
})

/** Added to every mean reachability distance, so that rows at one place have a density. */
const LEAST_REACH = 1e-10

/** What is known of the training rows. */
interface Neighbourhoods {
  readonly neighbours: number
  /** The distance of each row to the last of its neighbours. */
  readonly radii: Float64Array
  /** The local reachability density of each row. */
  readonly densities: Float64Array
}

/**
 * Score = mean density of a row's neighbours / its own density. Its density is 1 / (mean reachability distance + 1e-10); the reachability
 * distance of a neighbour is its distance, or its own distance to its last neighbour where that is larger. Rows with many duplicates have
 * the density 1e10, and a row beside them a score as large; what would be beyond the largest number is that number. The score is the mean of the
 * reachability distances times the mean density of the neighbours; the explanation divides each of these among the columns as they have parts of the distance.
 */
export const lof = defineDetector({
  name: 'LOF',
  summary: 'How much sparser the surroundings of a row are than those of its neighbours.',
  source:
    'PyOD 3.6.7 pyod/models/lof.py, scikit-learn 1.9.1 sklearn/neighbors/_lof.py; Breunig et al.: LOF, identifying density-based local outliers (2000)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n log n, n² above 20 columns', score: 'log n, n above 20 columns' },
  tuning: { n_neighbors: [5, 10, 20, 40] },
  options,
  example: { n_neighbors: 20 },
  fit(data, { n_neighbors, metric: name, p }, { parallel }) {
    requireTrainable('LOF', data, 2)
    const metric = metricNamed(name, p)
    const training = { data: data.data.slice(), rows: data.rows, columns: data.columns }
    const neighbours = Math.min(n_neighbors, data.rows - 1)
    const index = indexRows(training, metric, parallel)
    const nearest = index.nearestOfOwn(neighbours)
    const radii = new Float64Array(data.rows).map((_, row) => nearest.distances[(row + 1) * neighbours - 1]!)
    const densities = new Float64Array(data.rows)
    const known: Neighbourhoods = { neighbours, radii, densities }
    for (let row = 0; row < data.rows; row++) densities[row] = densityOf(nearest, row * neighbours, known)
    return {
      model: createModel({ training, metric, index }, known),
      trainScores: densities.map((own, row) => factorOf(nearest, row * neighbours, { own, known })),
    }
  },
  restore(state, { parallel } = {}) {
    const read = readState('LOF', state)
    const metric = readMetric(read)
    const neighbours = read.number('neighbours')
    const training = read.matrix('training')
    const radii = read.array('radii', Float64Array)
    const densities = read.array('densities', Float64Array)
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < training.rows && training.columns > 0,
      'its rows are too few or empty',
    )
    read.require(
      radii.length === training.rows && densities.length === training.rows,
      'its arrays do not fit together',
    )
    const index = indexRows(training, metric, parallel)
    return createModel({ training, metric, index }, { neighbours, radii, densities })
  },
})

interface Space {
  readonly training: Matrix
  readonly metric: Metric
  readonly index: NeighbourIndex
}

function createModel({ training, metric, index }: Space, known: Neighbourhoods): Model {
  return {
    state: { ...metricState(metric), ...known, training },
    score(matrix) {
      requireWidth('LOF', matrix, training.columns)
      const scores = new Float64Array(matrix.rows)
      index.eachNearest(matrix, known.neighbours, (row, distances, indices) => {
        const nearest = { indices, distances }
        scores[row] = factorOf(nearest, 0, { own: densityOf(nearest, 0, known), known })
      })
      return scores
    },
    explain(matrix) {
      requireWidth('LOF', matrix, training.columns)
      const { data, columns } = matrix
      const { neighbours, radii } = known
      const parts = new Float64Array(data.length)
      index.eachNearest(matrix, neighbours, (row, distances, indices) => {
        const [from, to] = [row * columns, (row + 1) * columns]
        const mean = factorOf({ indices, distances }, 0, { own: neighbours, known })
        const compared = {
          metric,
          data: training.data,
          offsets: indices.map((other) => other * columns),
          amounts: distances.map((distance, i) => Math.max(distance, radii[indices[i]!]!) * mean),
        }
        addDistanceShares(data.subarray(from, to), compared, parts.subarray(from, to))
      })
      return parts
    },
  }
}

/** The density of a row whose neighbours stand from `from` on. */
function densityOf(
  { indices, distances }: Nearest,
  from: number,
  { radii, neighbours }: Neighbourhoods,
): number {
  let sum = 0
  for (let i = from; i < from + neighbours; i++) {
    const radius = radii[indices[i]!]!
    const distance = distances[i]!
    sum += Math.max(radius, distance)
  }
  return 1 / (Math.min(sum, Number.MAX_VALUE) / neighbours + LEAST_REACH)
}

/** The score of such a row with its own density. */
function factorOf(
  { indices }: Nearest,
  from: number,
  { own, known }: { readonly own: number; readonly known: Neighbourhoods },
): number {
  const { neighbours, densities } = known
  let sum = 0
  for (let i = from; i < from + neighbours; i++) sum += densities[indices[i]!]!
  return Math.min(sum / neighbours / own, Number.MAX_VALUE)
}
