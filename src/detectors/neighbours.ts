import { extend, type Metric } from './metric.ts'

/** The row whose neighbours are looked for: `columns` values of `data` from `offset` on. */
export interface Query {
  readonly data: Float64Array
  readonly offset: number
  /** Position of a row that does not count as a neighbour, or -1. */
  readonly skip: number
}

/** Rows that are searched, row-major. */
export interface Rows {
  readonly data: Float64Array
  readonly columns: number
  readonly metric: Metric
}

/**
 * Brings the rows `from` to `to` (exclusive) into `best`, the ascending reduced distances of the nearest
 * rows so far.
 */
export function scan(rows: Rows, from: number, to: number, query: Query, best: Float64Array): void {
  if (rows.metric.kind !== 'euclidean') scanAny(rows, from, to, query, best)
  else if (rows.columns === 6) scanSix(rows, from, to, query, best)
  else scanEuclidean(rows, from, to, query, best)
}

// The inner loops of everything: the arithmetic of `extend`, spelled out because that is what makes them
// fast.
function scanEuclidean(rows: Rows, from: number, to: number, query: Query, best: Float64Array): void {
  const { data, columns } = rows
  const { data: wanted, offset, skip } = query
  const last = best.length - 1
  const whole = columns - (columns % 3)
  let worst = best[last]!
  for (let row = from, cell = from * columns; row < to; row++, cell += columns) {
    let reduced = 0
    let j = 0
    while (j < whole && reduced < worst) {
      const first = wanted[offset + j]! - data[cell + j]!
      const second = wanted[offset + j + 1]! - data[cell + j + 1]!
      const third = wanted[offset + j + 2]! - data[cell + j + 2]!
      reduced = reduced + first * first + second * second + third * third
      j += 3
    }
    for (; j < columns; j++) {
      const difference = wanted[offset + j]! - data[cell + j]!
      reduced += difference * difference
    }
    if (reduced < worst && row !== skip) {
      insert(best, reduced)
      worst = best[last]!
    }
  }
}

/** Six columns, the width of the default preprocessing. */
function scanSix(rows: Rows, from: number, to: number, query: Query, best: Float64Array): void {
  const { data } = rows
  const { data: wanted, offset, skip } = query
  const a = wanted[offset]!
  const b = wanted[offset + 1]!
  const c = wanted[offset + 2]!
  const d = wanted[offset + 3]!
  const e = wanted[offset + 4]!
  const f = wanted[offset + 5]!
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * 6; row < to; row++, cell += 6) {
    const da = a - data[cell]!
    const db = b - data[cell + 1]!
    const dc = c - data[cell + 2]!
    const dd = d - data[cell + 3]!
    const de = e - data[cell + 4]!
    const df = f - data[cell + 5]!
    const reduced = da * da + db * db + dc * dc + dd * dd + de * de + df * df
    if (reduced < worst && row !== skip) {
      insert(best, reduced)
      worst = best[last]!
    }
  }
}

function scanAny(rows: Rows, from: number, to: number, query: Query, best: Float64Array): void {
  const { data, columns, metric } = rows
  const last = best.length - 1
  for (let row = from; row < to; row++) {
    if (row === query.skip) continue
    let reduced = 0
    for (let j = 0; j < columns; j++)
      reduced = extend(metric, reduced, query.data[query.offset + j]! - data[row * columns + j]!)
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
export type Found = (index: number, query: Query, best: Float64Array) => void

const QUERIES_AT_ONCE = 64
const BLOCK_VALUES = 4096

/** Searches all rows for each query, in blocks that stay in the processor's cache. */
export function searchAll(rows: Rows, queries: readonly Query[], neighbours: number, found: Found): void {
  const count = rows.data.length / rows.columns
  const block = Math.max(16, Math.floor(BLOCK_VALUES / rows.columns))
  const bests = Array.from(
    { length: Math.min(QUERIES_AT_ONCE, queries.length) },
    () => new Float64Array(neighbours),
  )
  for (let start = 0; start < queries.length; start += QUERIES_AT_ONCE) {
    const some = queries.slice(start, start + QUERIES_AT_ONCE)
    for (const best of bests) best.fill(Number.POSITIVE_INFINITY)
    for (let from = 0; from < count; from += block) {
      const to = Math.min(from + block, count)
      for (let i = 0; i < some.length; i++) scan(rows, from, to, some[i]!, bests[i]!)
    }
    for (let i = 0; i < some.length; i++) found(start + i, some[i]!, bests[i]!)
  }
}
