import type { Matrix } from '../detector.ts'
import type { Parallel } from '../parallel/parallel.ts'
import { buildKdTree, type KdTree } from './kd-tree.ts'
import { extend, type Metric, overflowingDistance, toDistance } from './metric.ts'
import { type Found, insert, type Queries, type Rows } from './scan.ts'
import { type NeighbourSearch, neighbourSearch, openSearch } from './search.ts'

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
  /** The same, one query after another, in any order: nothing is kept of them. */
  eachNearest(queries: Matrix, neighbours: number, receive: Found): void
  /** The nearest of each training row, itself left out; `neighbours` is less than the number of training rows. */
  nearestOfOwn(neighbours: number): Nearest
  /** The distances of `nearest` alone: faster, and one query after another, in any order. */
  distances(queries: Matrix, neighbours: number, receive: ReceiveDistances): void
  /** The distances of `nearestOfOwn` alone. */
  distancesOfOwn(neighbours: number, receive: ReceiveDistances): void
  /** The tree over the rows, if so many more queries make it worth growing; results are the same with and without. */
  treeFor(queries: number): KdTree | undefined
}

/** The array is used again afterwards. */
type ReceiveDistances = (query: number, distances: Float64Array) => void

// Beyond so many columns a tree visits nearly every row anyway; for few rows or few questions it does not
// pay.
const TREE_COLUMNS = 20
const TREE_ROWS = 128
const TREE_QUERIES = 64

/** Makes rows searchable, by several threads if there are; they are kept, not copied. */
export function indexRows(training: Matrix, metric: Metric, parallel?: Parallel): NeighbourIndex {
  const numbers = numbersTo(training.rows)
  const rows: Rows = { data: training.data, columns: training.columns, metric, numbers }
  const mayGrow = training.columns <= TREE_COLUMNS && training.rows >= TREE_ROWS
  let tree: KdTree | undefined
  let asked = 0

  const treeFor = (queries: number): KdTree | undefined => {
    asked += queries
    if (tree === undefined && mayGrow && asked >= TREE_QUERIES) tree = buildKdTree(rows)
    return tree
  }
  const search = (
    wanted: NeighbourSearch['wanted'],
    queries: Queries,
    neighbours: number,
    receive: Found,
  ): void => {
    const last = neighbours - 1
    const finish: Found = (query, best, found) => {
      if (best[last] === Number.POSITIVE_INFINITY) searchFar(rows, queries, query, best, found)
      else toDistances(metric, best)
      receive(query, best, found)
    }
    const grown = treeFor(queries.count)
    const all = { wanted, neighbours, ...(grown ? inTree(grown, queries) : inOrder(rows, queries)) }
    const receiveAt: Found = (position, best, found) => finish(all.order[position]!, best, found)
    if (parallel?.takes(queries.count)) searchTogether(parallel, all, receiveAt)
    else openSearch(all, grown)(0, queries.count, receiveAt)
  }
  const others = ({ data, rows: count }: Matrix): Queries => ({ data, count, own: false })
  const itself: Queries = { data: training.data, count: training.rows, own: true }
  return {
    nearest: (queries, neighbours) =>
      gather(queries.rows, neighbours, (receive) => search('rows', others(queries), neighbours, receive)),
    eachNearest: (queries, neighbours, receive) => search('rows', others(queries), neighbours, receive),
    nearestOfOwn: (neighbours) =>
      gather(training.rows, neighbours, (receive) => search('rows', itself, neighbours, receive)),
    distances: (queries, neighbours, receive) => search('distances', others(queries), neighbours, receive),
    distancesOfOwn: (neighbours, receive) => search('distances', itself, neighbours, receive),
    treeFor,
  }
}

type Place = Pick<NeighbourSearch, 'rows' | 'nodes' | 'queries' | 'order'>

/** In the order of the leaves, where one query's rows are still in the cache for the next. */
function inTree(tree: KdTree, queries: Queries): Place {
  const { rows, nodes } = tree
  if (queries.own) return { rows, nodes, queries: { ...queries, data: rows.data }, order: rows.numbers }
  return { rows, nodes, queries, order: tree.inOrder(queries) }
}

function inOrder(rows: Rows, queries: Queries): Place {
  return { rows, nodes: undefined, queries, order: numbersTo(queries.count) }
}

function numbersTo(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}

/** In several threads. */
function searchTogether(parallel: Parallel, search: NeighbourSearch, receive: Found): void {
  const { wanted, queries, neighbours } = search
  const { distances, numbers } = parallel.run(neighbourSearch, search, queries.count)
  const best = new Float64Array(neighbours)
  const found = new Int32Array(neighbours)
  for (let position = 0, at = 0; position < queries.count; position++, at += neighbours) {
    for (let i = 0; i < neighbours; i++) best[i] = distances[at + i]!
    if (wanted === 'rows') for (let i = 0; i < neighbours; i++) found[i] = numbers[at + i]!
    receive(position, best, found)
  }
}

function toDistances(metric: Metric, reduced: Float64Array): void {
  if (metric.kind === 'euclidean')
    for (let i = 0; i < reduced.length; i++) reduced[i] = Math.sqrt(reduced[i]!)
  else for (let i = 0; i < reduced.length; i++) reduced[i] = toDistance(metric, reduced[i]!)
}

function gather(queries: number, neighbours: number, search: (receive: Found) => void): Nearest {
  const indices = new Int32Array(queries * neighbours)
  const distances = new Float64Array(queries * neighbours)
  search((query, best, found) => {
    const at = query * neighbours
    for (let i = 0; i < neighbours; i++) {
      indices[at + i] = found[i]!
      distances[at + i] = best[i]!
    }
  })
  return { indices, distances }
}

/** The nearest rows of a row so far away that its reduced distances overflow. */
function searchFar(
  { data, columns, metric, numbers }: Rows,
  { data: wanted, own }: Queries,
  query: number,
  best: Float64Array,
  found: Int32Array,
): void {
  best.fill(Number.POSITIVE_INFINITY)
  const from = wanted.subarray(query * columns, (query + 1) * columns)
  for (let row = 0; row < numbers.length; row++) {
    if (own && row === query) continue
    const to = data.subarray(row * columns, (row + 1) * columns)
    let reduced = 0
    for (let j = 0; j < columns; j++) reduced = extend(metric, reduced, from[j]! - to[j]!)
    const distance =
      reduced === Number.POSITIVE_INFINITY
        ? overflowingDistance(metric, from, to)
        : toDistance(metric, reduced)
    if (distance < best[best.length - 1]!) insert(best, found, distance, row)
  }
}
