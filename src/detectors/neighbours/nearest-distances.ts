import type { Matrix } from '../detector.ts'
import { squaredDistances } from '../linear-algebra/squared-distances.ts'
import { extend, type Metric, overflowingDistance, toDistance } from './metric.ts'

// Queries that are compared with all rows at a time, few enough to stay near the processor.
const BLOCK = 256

/** Of each query the distance to the nearest row, by looking at all: for a few rows far faster than an index, which keeps neighbours in order. */
export function nearestDistances(rows: Matrix, metric: Metric, queries: Matrix): Float64Array {
  const distances = new Float64Array(queries.rows).fill(Number.POSITIVE_INFINITY)
  if (metric.kind === 'euclidean') lowerToSquares(rows, queries, distances)
  else lowerToReduced(rows, metric, queries, distances)
  for (let query = 0; query < queries.rows; query++) {
    const reduced = distances[query]!
    distances[query] =
      reduced === Number.POSITIVE_INFINITY
        ? farDistance(rows, metric, rowOf(queries, query))
        : toDistance(metric, reduced)
  }
  return distances
}

function lowerToSquares({ data, rows, columns }: Matrix, queries: Matrix, least: Float64Array): void {
  const squares = new Float64Array(queries.rows)
  for (let from = 0; from < queries.rows; from += BLOCK) {
    const to = Math.min(from + BLOCK, queries.rows)
    for (let row = 0; row < rows; row++) {
      squaredDistances(queries, { query: data, offset: row * columns, from, to }, squares)
      for (let i = from; i < to; i++) if (squares[i]! < least[i]!) least[i] = squares[i]!
    }
  }
}

function lowerToReduced(
  { data, columns }: Matrix,
  metric: Metric,
  queries: Matrix,
  least: Float64Array,
): void {
  for (let query = 0; query < queries.rows; query++)
    for (let from = 0; from < data.length; from += columns) {
      let reduced = 0
      for (let j = 0; j < columns; j++)
        reduced = extend(metric, reduced, queries.data[query * columns + j]! - data[from + j]!)
      if (reduced < least[query]!) least[query] = reduced
    }
}

/** For a row so far away that its reduced distances overflow. */
function farDistance(rows: Matrix, metric: Metric, query: Float64Array): number {
  let least = Number.POSITIVE_INFINITY
  for (let row = 0; row < rows.rows; row++)
    least = Math.min(least, overflowingDistance(metric, query, rowOf(rows, row)))
  return least
}

function rowOf({ data, columns }: Matrix, row: number): Float64Array {
  return data.subarray(row * columns, (row + 1) * columns)
}
