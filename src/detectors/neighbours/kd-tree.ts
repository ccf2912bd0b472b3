import { LEAF_ROWS } from './leaf-distances.ts'
import { type LeafVectors, leafVectors } from './leaf-vectors.ts'
import { extend } from './metric.ts'
import { type Queries, type Rows, scan, withoutNumbers } from './scan.ts'

/** A k-d tree (Bentley 1975); the rows are copied into the order of its leaves. */
export interface KdTree extends Searches, TreeParts {
  /** One of the two, made ready for so many queries. */
  searchFor(wanted: keyof Searches, queries: number): Search
  /** The numbers of all queries, those of one leaf after another. */
  inOrder(queries: Queries): Int32Array
}

/** All that a tree consists of, as plain data. */
export interface TreeParts {
  readonly rows: Rows
  readonly nodes: Nodes
}

interface Searches {
  /** Brings all rows that matter into `best`, as a scan over all of them would. */
  readonly search: Search
  /** The same for `best` alone, and faster where many rows are equally distant. */
  readonly searchDistances: Search
}

/** The most rows of a leaf of narrow rows, where a box costs little to look at. */
const NARROW_LEAF_ROWS = 20
const NARROW_COLUMNS = 2
/** Halving depth is bounded by the number of rows, which fits into 32 bits. */
const DEEPEST = 64
// Powers are not rounded monotonously everywhere; taken a little smaller, a bound never hides a row.
const SLACK = 1 - 1e-12
// Rows that are copied for each query at most, to be scanned faster.
const MANY_QUERIES = 8

interface Nodes {
  /** Positions of the node's rows, the end exclusive. */
  readonly begin: Int32Array
  readonly end: Int32Array
  /** The column that splits the node; -1 in a leaf. */
  readonly column: Int32Array
  /** The least value of that column on the right side. */
  readonly split: Float64Array
  /** Nodes stand in preorder: the left child of a node follows it. */
  readonly right: Int32Array
  /** The lowest number of the node's rows. */
  readonly least: Int32Array
  /** The box around the node's rows: the least value of each column, then the largest of each. */
  readonly boxes: Float64Array
}

/**
 * Brings all rows that matter into `best` and `found`, as a scan over all of them would. The search ends early once the last of `best` is
 * not above `enough`.
 */
type Search = (
  data: Float64Array,
  offset: number,
  skip: number,
  best: Float64Array,
  found: Int32Array,
  enough?: number,
) => void

/** Builds the tree in O(n log n). */
export function buildKdTree(source: Rows): KdTree {
  const { columns } = source
  const count = source.data.length / columns
  const order = source.numbers.slice()
  const leafRows = columns > NARROW_COLUMNS ? LEAF_ROWS : NARROW_LEAF_ROWS
  const capacity = Math.max(1, 4 * Math.ceil(count / leafRows))
  const nodes: Nodes = {
    begin: new Int32Array(capacity),
    end: new Int32Array(capacity),
    column: new Int32Array(capacity).fill(-1),
    split: new Float64Array(capacity),
    right: new Int32Array(capacity),
    least: new Int32Array(capacity),
    boxes: new Float64Array(capacity * 2 * columns),
  }
  let used = 0
  const grow = (from: number, to: number): number => {
    const node = used++
    nodes.begin[node] = from
    nodes.end[node] = to
    const box = nodes.boxes.subarray(node * 2 * columns, (node + 1) * 2 * columns)
    surround(source, { order, from, to }, box)
    const column = to - from > leafRows ? widestColumn(box) : -1
    if (column < 0) {
      if (to - from > leafRows) order.subarray(from, to).sort()
      let least = count
      for (let i = from; i < to; i++) least = Math.min(least, order[i]!)
      nodes.least[node] = least
    } else {
      const middle = (from + to) >> 1
      select(source, order, { from, to, middle, column })
      nodes.column[node] = column
      nodes.split[node] = source.data[order[middle]! * columns + column]!
      grow(from, middle)
      const right = grow(middle, to)
      nodes.right[node] = right
      nodes.least[node] = Math.min(nodes.least[node + 1]!, nodes.least[right]!)
    }
    return node
  }
  grow(0, count)

  const rows: Rows = { data: inOrderOf(order, source), columns, metric: source.metric, numbers: order }
  return openKdTree({ rows, nodes })
}

/** The tree of such parts, without a copy of them. */
export function openKdTree({ rows, nodes }: TreeParts): KdTree {
  const count = rows.numbers.length
  const unnumbered = withoutNumbers(rows)
  const plain = { search: createSearch(rows, nodes), searchDistances: createSearch(unnumbered, nodes) }
  return {
    rows,
    nodes,
    ...plain,
    searchFor(wanted, queries) {
      if (queries * MANY_QUERIES < count) return plain[wanted]
      const searched = wanted === 'search' ? rows : unnumbered
      return createSearch(searched, nodes, leafVectors(searched, nodes))
    },
    inOrder: (queries) => orderByLeaf(queries, rows, nodes),
  }
}

/**
 * Nearest side first; a side is left out when not even its box comes near enough, or when at the very distance of the last neighbour all
 * its rows have higher numbers. Differences, squares and sums are rounded monotonously, so that the bound of a box is never above a
 * distance to a row in it.
 */
function createSearch(rows: Rows, nodes: Nodes, vectors?: LeafVectors): Search {
  const { begin, end, column, split, right, least, boxes } = nodes
  const { columns, metric } = rows
  const size = 2 * columns
  const euclidean = metric.kind === 'euclidean'
  const waiting = new Int32Array(DEEPEST)
  const waitingBounds = new Float64Array(DEEPEST)

  return (data, offset, skip, best, found, enough = -1) => {
    const last = best.length - 1
    // Rows at one place: so many of them are enough, as they stand in the order of their numbers.
    const most = Math.max(LEAF_ROWS, best.length + 1)
    let depth = 1
    waiting[0] = 0
    waitingBounds[0] = 0
    vectors?.ask(data, offset)
    while (depth > 0) {
      let node = waiting[--depth]!
      const known = waitingBounds[depth]!
      if (known > best[last]! || (known === best[last]! && least[node]! > found[last]!)) continue
      for (let by = column[node]!; by >= 0; by = column[node]!) {
        const left = data[offset + by]! < split[node]!
        const other = left ? right[node]! : node + 1
        node = left ? node + 1 : right[node]!
        const bound = euclidean
          ? boundEuclidean(boxes, other * size, data, offset, columns)
          : boundAny(rows, boxes, other * size, data, offset)
        // The other way round, a bound that overflowed to no number would hide its rows.
        if (bound > best[last]! || (bound === best[last]! && least[other]! > found[last]!)) continue
        waiting[depth] = other
        waitingBounds[depth++] = bound
      }
      if (vectors !== undefined && end[node]! - begin[node]! <= LEAF_ROWS)
        vectors.scan(node, skip, best, found)
      else
        scan(rows, begin[node]!, Math.min(end[node]!, begin[node]! + most), data, offset, skip, best, found)
      if (best[last]! <= enough) return
    }
  }
}

function inOrderOf(order: Int32Array, { data, columns }: Rows): Float64Array {
  const ordered = new Float64Array(data.length)
  for (let i = 0, cell = 0; i < order.length; i++) {
    const from = order[i]! * columns
    for (let j = 0; j < columns; j++) ordered[cell++] = data[from + j]!
  }
  return ordered
}

function orderByLeaf({ data, count }: Queries, { columns, numbers }: Rows, nodes: Nodes): Int32Array {
  const leaves = new Int32Array(count)
  // Where the next query of the leaf that begins there goes.
  const places = new Int32Array(numbers.length + 1)
  for (let query = 0; query < count; query++) {
    const leaf = leafAround(data, query * columns, nodes)
    leaves[query] = leaf
    places[leaf + 1]!++
  }
  for (let leaf = 0; leaf < numbers.length; leaf++) places[leaf + 1]! += places[leaf]!
  const order = new Int32Array(count)
  for (let query = 0; query < count; query++) order[places[leaves[query]!]!++] = query
  return order
}

/** Where the leaf begins whose part of space holds the row at `offset`. */
function leafAround(data: Float64Array, offset: number, { begin, column, split, right }: Nodes): number {
  let node = 0
  for (let by = column[node]!; by >= 0; by = column[node]!)
    node = data[offset + by]! < split[node]! ? node + 1 : right[node]!
  return begin[node]!
}

/** A lower bound of the reduced distances between a query and the rows in the box at `at`. */
function boundAny(
  { columns, metric }: Rows,
  boxes: Float64Array,
  at: number,
  data: Float64Array,
  offset: number,
): number {
  let bound = 0
  for (let j = 0; j < columns; j++)
    bound = extend(metric, bound, outside(data[offset + j]!, boxes[at + j]!, boxes[at + columns + j]!))
  return bound * SLACK
}

/** The same for Euclidean distances; sums are never rounded above those of a scan. */
function boundEuclidean(
  boxes: Float64Array,
  at: number,
  data: Float64Array,
  offset: number,
  columns: number,
): number {
  const high = at + columns
  let bound = 0
  let j = 0
  // Three at a time: at few columns the loop takes longer than the arithmetic.
  for (; j + 3 <= columns; j += 3) {
    const a = outside(data[offset + j]!, boxes[at + j]!, boxes[high + j]!)
    const b = outside(data[offset + j + 1]!, boxes[at + j + 1]!, boxes[high + j + 1]!)
    const c = outside(data[offset + j + 2]!, boxes[at + j + 2]!, boxes[high + j + 2]!)
    bound = bound + a * a + b * b + c * c
  }
  for (; j < columns; j++) {
    const difference = outside(data[offset + j]!, boxes[at + j]!, boxes[high + j]!)
    bound += difference * difference
  }
  return bound
}

/** How far a value lies outside low..high: max(0, low - value, value - high), without a branch to mispredict. */
function outside(value: number, low: number, high: number): number {
  const below = low - value
  const above = value - high
  return (below + Math.abs(below) + (above + Math.abs(above))) * 0.5
}

interface Part {
  readonly order: Int32Array
  readonly from: number
  readonly to: number
}

/** Makes `box` the box around the rows of a part. */
function surround({ data, columns }: Rows, { order, from, to }: Part, box: Float64Array): void {
  box.fill(Number.POSITIVE_INFINITY, 0, columns)
  box.fill(Number.NEGATIVE_INFINITY, columns)
  for (let i = from; i < to; i++) {
    const cell = order[i]! * columns
    for (let j = 0; j < columns; j++) {
      const value = data[cell + j]!
      if (value < box[j]!) box[j] = value
      if (value > box[columns + j]!) box[columns + j] = value
    }
  }
}

/** The column in which a box is widest, or -1 when it is a single point. */
function widestColumn(box: Float64Array): number {
  const columns = box.length / 2
  let widest = -1
  let widestSpan = 0
  for (let j = 0; j < columns; j++) {
    const span = box[columns + j]! - box[j]!
    if (span > widestSpan) {
      widestSpan = span
      widest = j
    }
  }
  return widest
}

/**
 * Hoare's selection: afterwards the rows of `order` before `middle` are not above those from it on, in one
 * column, and the row at `middle` is the least of the latter.
 */
function select(
  { data, columns }: Rows,
  order: Int32Array,
  {
    from,
    to,
    middle,
    column,
  }: { readonly from: number; readonly to: number; readonly middle: number; readonly column: number },
): void {
  let low = from
  let high = to - 1
  while (low < high) {
    const pivot = data[order[(low + high) >> 1]! * columns + column]!
    let i = low
    let j = high
    while (i <= j) {
      while (data[order[i]! * columns + column]! < pivot) i++
      while (data[order[j]! * columns + column]! > pivot) j--
      if (i <= j) {
        const swapped = order[i]!
        order[i++] = order[j]!
        order[j--] = swapped
      }
    }
    if (middle <= j) high = j
    else if (middle >= i) low = i
    else return
  }
}
