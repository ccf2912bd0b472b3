import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { EUCLIDEAN, overflowingDistance } from '../neighbours/metric.ts'
import { indexRows, type Nearest, type NeighbourIndex } from '../neighbours/nearest.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_neighbors: z.int().min(1).default(20).meta({
    description: 'How many nearest training rows a row is compared with; with fewer training rows, all.',
  }),
  method: z.enum(['fast', 'memory']).default('fast').meta({
    description:
      'Accepted for compatibility with PyOD: both give the same scores, here without a matrix of distances.',
  }),
})

/**
 * Score = chaining distance of a row / mean chaining distance of its neighbours. The neighbours are joined to the row one by one, the
 * nearest first, each by the shortest distance to the row or to one that is joined already; of k such distances the i-th weighs
 * 2 (k + 1 - i) / (k (k + 1)). As in PyOD a score without any distance is 0, also where all distances are none, and one without any
 * among the neighbours alone is the largest number. PyOD looks for the neighbours of a row among the rows of the same call; here they are
 * training rows, always.
 */
export const cof = defineDetector({
  name: 'COF',
  summary: 'How far apart a row and its neighbours are strung, compared with its neighbours and theirs.',
  source:
    'PyOD 3.6.7 pyod/models/cof.py; Tang et al.: Enhancing effectiveness of outlier detections for low density patterns (2002)',
  family: 'tabular',
  complexity: { fit: 'n log n + n k² d, n² above 20 columns', score: 'log n + k² d, n above 20 columns' },
  tuning: { n_neighbors: [10, 20, 40] },
  options,
  example: { n_neighbors: 20 },
  fit(data, { n_neighbors }, { parallel }) {
    requireTrainable('COF', data, 2)
    const training = { ...data, data: data.data.slice() }
    const neighbours = Math.min(n_neighbors, data.rows - 1)
    const index = indexRows(training, EUCLIDEAN, parallel)
    const nearest = index.nearestOfOwn(neighbours)
    const chains = chainingDistances(training, nearest, neighbours)
    return {
      model: createModel(training, index, { neighbours, chains }),
      trainScores: factors(nearest, chains, { neighbours, chains }),
    }
  },
  restore(state, { parallel } = {}) {
    const read = readState('COF', state)
    const neighbours = read.number('neighbours')
    const training = read.matrix('training')
    const chains = read.array('chains', Float64Array)
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < training.rows && training.columns > 0,
      'its rows are too few or empty',
    )
    read.require(chains.length === training.rows, 'its arrays do not fit together')
    return createModel(training, indexRows(training, EUCLIDEAN, parallel), { neighbours, chains })
  },
})

/** What is known of the training rows. */
interface Chains {
  readonly neighbours: number
  /** The average chaining distance of each row. */
  readonly chains: Float64Array
}

function createModel(training: Matrix, index: NeighbourIndex, known: Chains): Model {
  return {
    state: { ...known, training },
    score(matrix) {
      requireWidth('COF', matrix, training.columns)
      const nearest = index.nearest(matrix, known.neighbours)
      return factors(nearest, chainingDistances(training, nearest, known.neighbours), known)
    },
  }
}

/** The average chaining distance of each query whose nearest training rows these are. */
function chainingDistances(
  training: Matrix,
  { indices, distances }: Nearest,
  neighbours: number,
): Float64Array {
  const chains = new Float64Array(indices.length / neighbours)
  for (let row = 0, from = 0; row < chains.length; row++, from += neighbours) {
    let chain = 0
    for (let i = 0; i < neighbours; i++) {
      let shortest = distances[from + i]!
      for (let j = 0; j < i && shortest > 0; j++) {
        const distance = distanceBetween(training, indices[from + i]!, indices[from + j]!)
        if (distance < shortest) shortest = distance
      }
      chain += ((2 * (neighbours - i)) / ((neighbours + 1) * neighbours)) * shortest
    }
    chains[row] = Math.min(chain, Number.MAX_VALUE)
  }
  return chains
}

function distanceBetween({ data, columns }: Matrix, a: number, b: number): number {
  let squares = 0
  for (let j = 0; j < columns; j++) {
    const difference = data[a * columns + j]! - data[b * columns + j]!
    squares += difference * difference
  }
  if (squares < Number.POSITIVE_INFINITY) return Math.sqrt(squares)
  const rowAt = (row: number): Float64Array => data.subarray(row * columns, (row + 1) * columns)
  return overflowingDistance(EUCLIDEAN, rowAt(a), rowAt(b))
}

function factors({ indices }: Nearest, own: Float64Array, { neighbours, chains }: Chains): Float64Array {
  const scores = new Float64Array(own.length)
  for (let row = 0, from = 0; row < own.length; row++, from += neighbours) {
    const chain = own[row]!
    let mean = 0
    for (let i = from; i < from + neighbours; i++) mean += chains[indices[i]!]! / neighbours
    scores[row] = chain === 0 ? 0 : Math.min(chain / mean, Number.MAX_VALUE)
  }
  return scores
}
