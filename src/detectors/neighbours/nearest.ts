import type { Matrix } from '../detector.ts'
import { extend, type Metric, overflowingDistance, toDistance } from './metric.ts'

/** Row-major, `neighbours` a query, nearest first; of equally distant rows the one of the lower number comes first. */
export interface Nearest {
  /** Numbers of training rows. */
  readonly indices: Int32Array
  readonly distances: Float64Array
}

/** Training rows in which neighbours are looked for. */
export interface NeighbourIndex {
  /** The nearest training rows of each query; `neighbours` is at most the number of training rows. */
  nearest(queries: Matrix, neighbours: number): Nearest
  /** The nearest of each training row, itself left out; `neighbours` is less than the number of training rows. */
  nearestOfOwn(neighbours: number): Nearest
}

/** Makes rows searchable; they are kept, not copied. */
export function indexRows(training: Matrix, metric: Metric): NeighbourIndex {
  return {
    nearest: (queries, neighbours) => searchAll({ training, metric, queries, neighbours, own: false }),
    nearestOfOwn: (neighbours) => searchAll({ training, metric, queries: training, neighbours, own: true }),
  }
}

interface Question {
  readonly training: Matrix
  readonly metric: Metric
  readonly queries: Matrix
  readonly neighbours: number
  /** Whether the queries are the training rows themselves. */
  readonly own: boolean
}

function searchAll({ training, metric, queries, neighbours, own }: Question): Nearest {
  const indices = new Int32Array(queries.rows * neighbours)
  const distances = new Float64Array(queries.rows * neighbours)
  const { columns } = training
  for (let query = 0; query < queries.rows; query++) {
    const best = distances
      .subarray(query * neighbours, (query + 1) * neighbours)
      .fill(Number.POSITIVE_INFINITY)
    const found = indices.subarray(query * neighbours, (query + 1) * neighbours).fill(-1)
    for (let row = 0; row < training.rows; row++) {
      if (own && row === query) continue
      let reduced = 0
      for (let j = 0; j < columns; j++)
        reduced = extend(
          metric,
          reduced,
          queries.data[query * columns + j]! - training.data[row * columns + j]!,
        )
      const distance =
        reduced === Number.POSITIVE_INFINITY
          ? overflowingDistance(metric, rowAt(queries, query), rowAt(training, row))
          : toDistance(metric, reduced)
      if (distance < best[neighbours - 1]!) insert(best, found, distance, row)
    }
  }
  return { indices, distances }
}

function rowAt({ data, columns }: Matrix, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns)
}

function insert(best: Float64Array, found: Int32Array, distance: number, row: number): void {
  let place = best.length - 1
  while (place > 0 && best[place - 1]! > distance) {
    best[place] = best[place - 1]!
    found[place] = found[place - 1]!
    place--
  }
  best[place] = distance
  found[place] = row
}
