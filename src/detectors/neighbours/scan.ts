import { extend, type Metric } from './metric.ts'

/** Rows that are searched, row-major. */
export interface Rows {
  readonly data: Float64Array
  readonly columns: number
  readonly metric: Metric
  /** Position -> number of the row, by which ties are decided; all the same where only distances are wanted. */
  readonly numbers: Int32Array
}

/** The same rows for searches for distances alone: none looks at a row for its number. */
export function withoutNumbers({ data, columns, metric, numbers }: Rows): Rows {
  return { data, columns, metric, numbers: new Int32Array(numbers.length).fill(-1) }
}

/**
 * Brings the rows in the positions `from` to `to` (exclusive) into the neighbours of the row at `offset` of `data`: `best` holds the
 * ascending reduced distances of the nearest so far, `found` their numbers; of equally distant rows the one of the lower number comes
 * first. The row in position `skip` is none; -1 skips nothing. All scans sum in column order and give the same bits. So many plain
 * parameters, because an object or a closure for each would take longer than the work.
 */
type Scan = (
  rows: Rows,
  from: number,
  to: number,
  data: Float64Array,
  offset: number,
  skip: number,
  best: Float64Array,
  found: Int32Array,
) => void

/** Compares a query with the rows in positions `from` to `to`. */
export const scan: Scan = (rows, from, to, data, offset, skip, best, found) => {
  if (rows.metric.kind !== 'euclidean') scanAny(rows, from, to, data, offset, skip, best, found)
  else if (rows.columns < 3) scanFew(rows, from, to, data, offset, skip, best, found)
  else if (rows.columns < 6) scanNarrow(rows, from, to, data, offset, skip, best, found)
  else scanWide(rows, from, to, data, offset, skip, best, found)
}

// The inner loops of everything: the arithmetic of `extend`, spelled out because that is what makes them
// fast.
const scanFew: Scan = (rows, from, to, data, offset, skip, best, found) => {
  const { data: searched, columns, numbers } = rows
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * columns; row < to; row++, cell += columns) {
    let reduced = 0
    for (let j = 0; j < columns; j++) {
      const difference = data[offset + j]! - searched[cell + j]!
      reduced += difference * difference
    }
    if (reduced <= worst && row !== skip) {
      insert(best, found, reduced, numbers[row]!)
      worst = best[last]!
    }
  }
}

/** Three to five columns, of which members of ensembles see some. */
const scanNarrow: Scan = (rows, from, to, data, offset, skip, best, found) => {
  const { data: searched, columns, numbers } = rows
  const a = data[offset]!
  const b = data[offset + 1]!
  const c = data[offset + 2]!
  const d = columns > 3 ? data[offset + 3]! : 0
  const e = columns > 4 ? data[offset + 4]! : 0
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * columns; row < to; row++, cell += columns) {
    const da = a - searched[cell]!
    const db = b - searched[cell + 1]!
    const dc = c - searched[cell + 2]!
    let reduced = da * da + db * db + dc * dc
    if (columns > 3) {
      const dd = d - searched[cell + 3]!
      reduced += dd * dd
      if (columns > 4) {
        const de = e - searched[cell + 4]!
        reduced += de * de
      }
    }
    if (reduced <= worst && row !== skip) {
      insert(best, found, reduced, numbers[row]!)
      worst = best[last]!
    }
  }
}

/**
 * From six columns on, the width of the default preprocessing. The first six are summed without a branch to mispredict; most rows are
 * too far away by then.
 */
const scanWide: Scan = (rows, from, to, data, offset, skip, best, found) => {
  const { data: searched, columns, numbers } = rows
  const a = data[offset]!
  const b = data[offset + 1]!
  const c = data[offset + 2]!
  const d = data[offset + 3]!
  const e = data[offset + 4]!
  const f = data[offset + 5]!
  const whole = columns - ((columns - 6) % 4)
  const last = best.length - 1
  let worst = best[last]!
  for (let row = from, cell = from * columns; row < to; row++, cell += columns) {
    const da = a - searched[cell]!
    const db = b - searched[cell + 1]!
    const dc = c - searched[cell + 2]!
    const dd = d - searched[cell + 3]!
    const de = e - searched[cell + 4]!
    const df = f - searched[cell + 5]!
    let reduced = da * da + db * db + dc * dc + dd * dd + de * de + df * df
    let j = 6
    for (; j < whole && reduced <= worst; j += 4) {
      const first = data[offset + j]! - searched[cell + j]!
      const second = data[offset + j + 1]! - searched[cell + j + 1]!
      const third = data[offset + j + 2]! - searched[cell + j + 2]!
      const fourth = data[offset + j + 3]! - searched[cell + j + 3]!
      reduced = reduced + first * first + second * second + third * third + fourth * fourth
    }
    for (; j < columns && reduced <= worst; j++) {
      const difference = data[offset + j]! - searched[cell + j]!
      reduced += difference * difference
    }
    if (reduced <= worst && row !== skip) {
      insert(best, found, reduced, numbers[row]!)
      worst = best[last]!
    }
  }
}

const scanAny: Scan = (rows, from, to, data, offset, skip, best, found) => {
  const { data: searched, columns, metric, numbers } = rows
  const last = best.length - 1
  for (let row = from; row < to; row++) {
    if (row === skip) continue
    let reduced = 0
    for (let j = 0; j < columns; j++)
      reduced = extend(metric, reduced, data[offset + j]! - searched[row * columns + j]!)
    if (reduced <= best[last]!) insert(best, found, reduced, numbers[row]!)
  }
}

/** Brings a row that is not further away than the last of `best` into its place, unless its number puts it behind that one. */
export function insert(best: Float64Array, found: Int32Array, reduced: number, number: number): void {
  let place = best.length - 1
  if (best[place] === reduced && found[place]! <= number) return
  for (; place > 0 && best[place - 1]! > reduced; place--) {
    best[place] = best[place - 1]!
    found[place] = found[place - 1]!
  }
  for (; place > 0 && best[place - 1] === reduced && found[place - 1]! > number; place--) {
    best[place] = best[place - 1]!
    found[place] = found[place - 1]!
  }
  best[place] = reduced
  found[place] = number
}

/** Rows whose neighbours are looked for, row-major and as wide as those that are searched. */
export interface Queries {
  readonly data: Float64Array
  readonly count: number
  /** Whether they are the searched rows themselves, in the same order: then none is a neighbour of its own. */
  readonly own: boolean
}

/**
 * Receives the ascending reduced distances of the nearest rows of query number `index` and their numbers; the arrays are used again
 * afterwards.
 */
export type Found = (index: number, best: Float64Array, found: Int32Array) => void

const QUERIES_AT_ONCE = 64
const BLOCK_VALUES = 4096

/** Some of all queries. */
interface Wanted {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly neighbours: number
}

/** Searches all rows for each query, in blocks that stay in the processor's cache. */
export function scanAll(
  rows: Rows,
  queries: Queries,
  { from: first, to: end, neighbours }: Wanted,
  receive: Found,
): void {
  const { data, columns } = rows
  const count = data.length / columns
  const block = Math.max(16, Math.floor(BLOCK_VALUES / columns))
  const atOnce = Math.min(QUERIES_AT_ONCE, end - first)
  const bests = Array.from({ length: atOnce }, () => new Float64Array(neighbours))
  const founds = Array.from({ length: atOnce }, () => new Int32Array(neighbours))
  for (let start = first; start < end; start += QUERIES_AT_ONCE) {
    const next = Math.min(start + QUERIES_AT_ONCE, end)
    for (const best of bests) best.fill(Number.POSITIVE_INFINITY)
    for (const found of founds) found.fill(-1)
    for (let from = 0; from < count; from += block) {
      const to = Math.min(from + block, count)
      for (let i = start; i < next; i++) {
        const at = i - start
        scan(rows, from, to, queries.data, i * columns, queries.own ? i : -1, bests[at]!, founds[at]!)
      }
    }
    for (let i = start; i < next; i++) receive(i, bests[i - start]!, founds[i - start]!)
  }
}
