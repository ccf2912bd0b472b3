import { extend } from './metric.ts'
import { type Query, type Rows, scan } from './neighbours.ts'

/** A k-d tree (Bentley 1975); the rows are copied into the order of its leaves. */
export interface KdTree {
  readonly rows: Rows
  /** Position in the tree -> number of the row in the original order. */
  readonly order: Int32Array
  /** Brings all rows that matter into `best`, as `scan` over all of them would. */
  search(query: Query, best: Float64Array): void
}

const LEAF_ROWS = 40
// Bounds are rounded either way; taken a little smaller, they never hide a row, so that the result is exact.
const SLACK = 1 - 1e-12
const DEEPEST = 64

/** Builds the tree in O(n log n). Nodes stand in preorder: the left child of a node follows it. */
export function buildKdTree(source: Rows): KdTree {
  const { columns } = source
  const count = source.data.length / columns
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const capacity = Math.max(1, 4 * Math.ceil(count / LEAF_ROWS))
  const nodes: Nodes = {
    begin: new Int32Array(capacity),
    end: new Int32Array(capacity),
    column: new Int32Array(capacity).fill(-1),
    right: new Int32Array(capacity),
    highestLeft: new Float64Array(capacity),
    lowestRight: new Float64Array(capacity),
  }
  let used = 0
  const grow = (from: number, to: number): number => {
    const node = used++
    nodes.begin[node] = from
    nodes.end[node] = to
    const column = to - from > LEAF_ROWS ? widestColumn(source, order, from, to) : -1
    if (column >= 0) {
      const middle = (from + to) >> 1
      select(source, order, { from, to, middle, column })
      nodes.column[node] = column
      nodes.highestLeft[node] = extreme(source, order, { from, to: middle, column, sign: 1 })
      nodes.lowestRight[node] = extreme(source, order, { from: middle, to, column, sign: -1 })
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

interface Nodes {
  /** Positions of the node's rows, the end exclusive. */
  readonly begin: Int32Array
  readonly end: Int32Array
  /** The column that splits the node; -1 in a leaf. */
  readonly column: Int32Array
  readonly right: Int32Array
  /** The values of the split column that face each other across the split. */
  readonly highestLeft: Float64Array
  readonly lowestRight: Float64Array
}

/**
 * Nearest side first; what each column adds to the bound of a waiting node is kept with it (Arya, Mount
 * 1993).
 */
function createSearch(rows: Rows, nodes: Nodes): KdTree['search'] {
  const { metric, columns } = rows
  const { begin, end, column, right, highestLeft, lowestRight } = nodes
  const euclidean = metric.kind === 'euclidean'
  const chebyshev = metric.kind === 'chebyshev'
  const parts = new Float64Array(columns)
  const waiting = new Int32Array(DEEPEST)
  const waitingBounds = new Float64Array(DEEPEST)
  const waitingParts = new Float64Array(DEEPEST * columns)

  return (query, best) => {
    const { data, offset } = query
    const last = best.length - 1
    let depth = 1
    waiting[0] = 0
    waitingBounds[0] = 0
    waitingParts.fill(0, 0, columns)
    while (depth > 0) {
      const bound = waitingBounds[--depth]!
      const worst = best[last]!
      if (bound >= worst) continue
      let node = waiting[depth]!
      for (let j = 0; j < columns; j++) parts[j] = waitingParts[depth * columns + j]!
      for (let split = column[node]!; split >= 0; split = column[node]!) {
        const value = data[offset + split]!
        const aboveLeft = value - highestLeft[node]!
        const belowRight = lowestRight[node]! - value
        const goLeft = aboveLeft < belowRight
        const gap = goLeft ? belowRight : aboveLeft
        const part = gap <= 0 ? 0 : euclidean ? gap * gap : extend(metric, 0, gap)
        const other = goLeft ? right[node]! : node + 1
        node = goLeft ? node + 1 : right[node]!
        const before = parts[split]!
        const wider = part > before
        const further = !wider ? bound : chebyshev ? Math.max(bound, part) : (bound - before + part) * SLACK
        if (further < worst) {
          const place = depth * columns
          for (let j = 0; j < columns; j++) waitingParts[place + j] = parts[j]!
          if (wider) waitingParts[place + split] = part
          waiting[depth] = other
          waitingBounds[depth++] = further
        }
      }
      scan(rows, begin[node]!, end[node]!, query, best)
    }
  }
}

/** The column in which the rows differ most, or -1 when they are all the same. */
function widestColumn({ data, columns }: Rows, order: Int32Array, from: number, to: number): number {
  let widest = -1
  let widestSpan = 0
  for (let j = 0; j < columns; j++) {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (let i = from; i < to; i++) {
      const value = data[order[i]! * columns + j]!
      if (value < least) least = value
      if (value > most) most = value
    }
    if (most - least > widestSpan) {
      widestSpan = most - least
      widest = j
    }
  }
  return widest
}

interface Stretch {
  readonly from: number
  readonly to: number
  readonly column: number
}

/** The largest value of a column (sign 1), or the smallest (sign -1). */
function extreme(
  { data, columns }: Rows,
  order: Int32Array,
  { from, to, column, sign }: Stretch & { sign: 1 | -1 },
): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) most = Math.max(most, sign * data[order[i]! * columns + column]!)
  return sign * most
}

/**
 * Hoare's selection: afterwards the rows of `order` before `middle` are not above those from it on, in one
 * column.
 */
function select(
  source: Rows,
  order: Int32Array,
  { from, to, middle, column }: Stretch & { middle: number },
): void {
  const valueAt = (i: number): number => source.data[order[i]! * source.columns + column]!
  let low = from
  let high = to - 1
  while (low < high) {
    const pivot = valueAt((low + high) >> 1)
    let i = low
    let j = high
    while (i <= j) {
      while (valueAt(i) < pivot) i++
      while (valueAt(j) > pivot) j--
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
