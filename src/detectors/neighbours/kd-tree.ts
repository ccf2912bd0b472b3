import { extend } from './metric.ts'
import { type Rows, type Search, scan } from './scan.ts'

/** A k-d tree (Bentley 1975); the rows are copied into the order of its leaves. */
export interface KdTree {
  readonly rows: Rows
  /** Position in the tree -> number of the row in the original order. */
  readonly order: Int32Array
  /** Brings all rows that matter into `best`, as a scan over all of them would. */
  readonly search: Search
}

const LEAF_ROWS = 20
/** Halving depth is bounded by the number of rows, which fits into 32 bits. */
const DEEPEST = 64
// Powers are not rounded monotonously everywhere; taken a little smaller, a bound never hides a row.
const SLACK = 1 - 1e-12

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
  /** The box around the node's rows: the least value of each column, then the largest of each. */
  readonly boxes: Float64Array
}

/** Builds the tree in O(n log n). */
export function buildKdTree(source: Rows): KdTree {
  const { columns } = source
  const count = source.data.length / columns
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const capacity = Math.max(1, 4 * Math.ceil(count / LEAF_ROWS))
  const nodes: Nodes = {
    begin: new Int32Array(capacity),
    end: new Int32Array(capacity),
    column: new Int32Array(capacity).fill(-1),
    split: new Float64Array(capacity),
    right: new Int32Array(capacity),
    boxes: new Float64Array(capacity * 2 * columns),
  }
  let used = 0
  const grow = (from: number, to: number): number => {
    const node = used++
    nodes.begin[node] = from
    nodes.end[node] = to
    const box = nodes.boxes.subarray(node * 2 * columns, (node + 1) * 2 * columns)
    surround(source, order.subarray(from, to), box)
    const column = to - from > LEAF_ROWS ? widestColumn(box) : -1
    if (column >= 0) {
      const middle = (from + to) >> 1
      select(source, order, { from, to, middle, column })
      nodes.column[node] = column
      nodes.split[node] = source.data[order[middle]! * columns + column]!
      grow(from, middle)
      nodes.right[node] = grow(middle, to)
    }
    return node
  }
  grow(0, count)

  const data = new Float64Array(source.data.length)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < columns; j++) data[i * columns + j] = source.data[order[i]! * columns + j]!
  const rows: Rows = { ...source, data }
  return { rows, order, search: createSearch(rows, nodes) }
}

/**
 * Nearest side first; a side is left out when not even its box comes near enough. Differences, squares and
 * sums are rounded monotonously, so that the bound of a box is never above a distance to a row in it.
 */
function createSearch(rows: Rows, { begin, end, column, split, right, boxes }: Nodes): Search {
  const { columns, metric } = rows
  const size = 2 * columns
  const six = columns === 6 && metric.kind === 'euclidean'
  const waiting = new Int32Array(DEEPEST)
  const waitingBounds = new Float64Array(DEEPEST)

  return (data, offset, skip, best, enough = -1) => {
    const last = best.length - 1
    let depth = 1
    waiting[0] = 0
    waitingBounds[0] = 0
    while (depth > 0) {
      if (waitingBounds[--depth]! >= best[last]!) continue
      let node = waiting[depth]!
      for (let by = column[node]!; by >= 0; by = column[node]!) {
        const left = data[offset + by]! < split[node]!
        const other = left ? right[node]! : node + 1
        node = left ? node + 1 : right[node]!
        const bound = six
          ? boundSix(boxes, other * size, data, offset)
          : boundAny(rows, boxes, other * size, data, offset)
        // The other way round, a bound that overflowed to no number would hide its rows.
        if (bound >= best[last]!) continue
        waiting[depth] = other
        waitingBounds[depth++] = bound
      }
      scan(rows, begin[node]!, end[node]!, data, offset, skip, best)
      if (best[last]! <= enough) return
    }
  }
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

/** The same for Euclidean distances of six columns. */
function boundSix(boxes: Float64Array, at: number, data: Float64Array, offset: number): number {
  const a = outside(data[offset]!, boxes[at]!, boxes[at + 6]!)
  const b = outside(data[offset + 1]!, boxes[at + 1]!, boxes[at + 7]!)
  const c = outside(data[offset + 2]!, boxes[at + 2]!, boxes[at + 8]!)
  const d = outside(data[offset + 3]!, boxes[at + 3]!, boxes[at + 9]!)
  const e = outside(data[offset + 4]!, boxes[at + 4]!, boxes[at + 10]!)
  const f = outside(data[offset + 5]!, boxes[at + 5]!, boxes[at + 11]!)
  return a * a + b * b + c * c + d * d + e * e + f * f
}

/** How far a value lies outside low..high: max(0, low - value, value - high), without a branch to mispredict. */
function outside(value: number, low: number, high: number): number {
  const below = low - value
  const above = value - high
  return (below + Math.abs(below) + (above + Math.abs(above))) * 0.5
}

/** Makes `box` the box around these rows. */
function surround({ data, columns }: Rows, numbers: Int32Array, box: Float64Array): void {
  box.fill(Number.POSITIVE_INFINITY, 0, columns)
  box.fill(Number.NEGATIVE_INFINITY, columns)
  for (let i = 0; i < numbers.length; i++) {
    const cell = numbers[i]! * columns
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
