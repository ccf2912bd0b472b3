import { extend, type Metric } from './metric.ts'

/** Rows that are searched, row-major. */
export interface Rows {
  readonly data: Float64Array
  readonly columns: number
  readonly metric: Metric
}

/** Rows whose neighbours are looked for, row-major and as wide as those that are searched. */
export interface Queries {
  readonly data: Float64Array
  readonly count: number
  /** Whether they are the searched rows themselves, in the same order: then none is a neighbour of its own. */
  readonly own: boolean
}

/**
 * Brings neighbours of the row at `offset` of `data` into `best`, the ascending reduced distances of the
 * nearest rows so far. The row in position `skip` is none; -1 skips nothing. The search ends early once the
 * last of `best` is not above `enough`.
 */
export type Search = (
  data: Float64Array,
  offset: number,
  skip: number,
  best: Float64Array,
  enough?: number,
) => void

/**
 * Brings the rows `from` to `to` (exclusive) into `best`. All scans sum in column order and give the same
 * bits. So many plain parameters, because an object or a closure for each would take longer than the work.
 */
type Scan = (
  rows: Rows,
  from: number,
  to: number,
  data: Float64Array,
  offset: number,
  skip: number,
  best: Float64Array,
) => void

/** Compares a query with the rows `from` to `to`. */
export const scan: Scan = (rows, from, to, data, offset, skip, best) => {
  if (rows.metric.kind !== 'euclidean') scanAny(rows, from, to, data, offset, skip, best)
  else if (rows.columns === 6) scanSix(rows, from, to, data, offset, skip, best)
  else scanEuclidean(rows, from, to, data, offset, skip, best)
}

// The inner loops of everything: the arithmetic of `extend`, spelled out because that is what makes them
// fast.
const scanEuclidean: Scan = (rows, from, to, data, offset, skip, best) => {
  const { data: searched, columns } = rows
  const whole = columns - (columns % 3)
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * columns; row < to; row++, cell += columns) {
    let reduced = 0
    let j = 0
    while (j < whole && reduced < worst) {
      const first = data[offset + j]! - searched[cell + j]!
      const second = data[offset + j + 1]! - searched[cell + j + 1]!
      const third = data[offset + j + 2]! - searched[cell + j + 2]!
      reduced = reduced + first * first + second * second + third * third
      j += 3
    }
    for (; j < columns; j++) {
      const difference = data[offset + j]! - searched[cell + j]!
      reduced += difference * difference
    }
    if (reduced < worst && row !== skip) {
      insert(best, reduced)
      worst = best[last]!
    }
  }
}

/** Six columns, the width of the default preprocessing. */
const scanSix: Scan = (rows, from, to, data, offset, skip, best) => {
  const { data: searched } = rows
  const a = data[offset]!
  const b = data[offset + 1]!
  const c = data[offset + 2]!
  const d = data[offset + 3]!
  const e = data[offset + 4]!
  const f = data[offset + 5]!
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * 6; row < to; row++, cell += 6) {
    const da = a - searched[cell]!
    const db = b - searched[cell + 1]!
    const dc = c - searched[cell + 2]!
    const dd = d - searched[cell + 3]!
    const de = e - searched[cell + 4]!
    const df = f - searched[cell + 5]!
    const reduced = da * da + db * db + dc * dc + dd * dd + de * de + df * df
    if (reduced < worst && row !== skip) {
      insert(best, reduced)
      worst = best[last]!
    }
  }
}

const scanAny: Scan = (rows, from, to, data, offset, skip, best) => {
  const { data: searched, columns, metric } = rows
  const last = best.length - 1
  for (let row = from; row < to; row++) {
    if (row === skip) continue
    let reduced = 0
    for (let j = 0; j < columns; j++)
      reduced = extend(metric, reduced, data[offset + j]! - searched[row * columns + j]!)
    if (reduced < best[last]!) insert(best, reduced)
  }
}

function insert(best: Float64Array, reduced: number): void {
  let place = best.length - 1
  while (place > 0 && best[place - 1]! > reduced) {
    best[place] = best[place - 1]!
    place--
  }
  best[place] = reduced
}

/**
 * Receives the ascending reduced distances of the nearest rows of query number `index`; the array is used
 * again afterwards.
 */
export type Found = (index: number, best: Float64Array) => void

const QUERIES_AT_ONCE = 64
const BLOCK_VALUES = 4096

/** Searches all rows for each query, in blocks that stay in the processor's cache. */
export function searchAll(rows: Rows, queries: Queries, neighbours: number, found: Found): void {
  const { data, columns } = rows
  const count = data.length / columns
  const block = Math.max(16, Math.floor(BLOCK_VALUES / columns))
  const bests = Array.from(
    { length: Math.min(QUERIES_AT_ONCE, queries.count) },
    () => new Float64Array(neighbours),
  )
  for (let start = 0; start < queries.count; start += QUERIES_AT_ONCE) {
    const end = Math.min(start + QUERIES_AT_ONCE, queries.count)
    for (const best of bests) best.fill(Number.POSITIVE_INFINITY)
    for (let from = 0; from < count; from += block) {
      const to = Math.min(from + block, count)
      for (let i = start; i < end; i++)
        scan(rows, from, to, queries.data, i * columns, queries.own ? i : -1, bests[i - start]!)
    }
    for (let i = start; i < end; i++) found(i, bests[i - start]!)
  }
}
