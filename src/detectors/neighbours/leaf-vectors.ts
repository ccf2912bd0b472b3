import { growTo } from '../web-assembly/memory.ts'
import { DISTANCES, FREE, LEAF_ROWS, leafDistances, NEAR, QUERY, WORST } from './leaf-distances.ts'
import { insert, type Rows } from './scan.ts'

/** Scans leaves of a tree two rows at a time: `ask` a query first. */
export interface LeafVectors {
  ask(data: Float64Array, offset: number): void
  /** Brings the rows of a leaf of at most `LEAF_ROWS` into `best` and `found`, as `scan` does. */
  scan(leaf: number, skip: number, best: Float64Array, found: Int32Array): void
}

/** Positions of the rows of each leaf, the end exclusive; of what is no leaf, the column is not negative. */
interface Leaves {
  readonly begin: Int32Array
  readonly end: Int32Array
  readonly column: Int32Array
}

/** Memory never shrinks. */
const MOST_BYTES = 2 ** 25

// The memory is shared: who filled it last.
let owner: LeafVectors | undefined

/** Undefined where the distance is another, the rows are too many or too wide, or the processor lacks the instructions. */
export function leafVectors(rows: Rows, leaves: Leaves): LeafVectors | undefined {
  const { columns, metric, numbers } = rows
  const { begin, end, column } = leaves
  const compiled = metric.kind === 'euclidean' ? leafDistances(columns) : undefined
  if (compiled === undefined) return undefined
  // Where the block of each leaf begins.
  const blocks = new Int32Array(begin.length)
  let free = FREE
  for (let node = 0; node < begin.length; node++)
    if (column[node]! < 0 && end[node]! > begin[node]!) {
      blocks[node] = free
      free += 8 * LEAF_ROWS * columns
    }
  if (free > MOST_BYTES) return undefined
  const { memory, call: measure } = compiled
  let query = new Float64Array(0)
  let distances = query
  let worst = query
  let near = new Int32Array(0)

  const load = (): void => {
    owner = vectors
    growTo(memory, free)
    query = new Float64Array(memory.buffer, QUERY, columns)
    worst = new Float64Array(memory.buffer, WORST, 1)
    near = new Int32Array(memory.buffer, NEAR, LEAF_ROWS / 32)
    distances = new Float64Array(memory.buffer, DISTANCES, LEAF_ROWS)
    const values = new Float64Array(memory.buffer)
    for (let node = 0; node < begin.length; node++)
      if (blocks[node]! > 0)
        copyLeaf(rows, { from: begin[node]!, to: end[node]! }, values.subarray(blocks[node]! / 8))
  }
  const vectors: LeafVectors = {
    ask(data, offset) {
      if (owner !== vectors) load()
      for (let j = 0; j < columns; j++) query[j] = data[offset + j]!
    },
    scan(leaf, skip, best, found) {
      const last = best.length - 1
      const from = begin[leaf]!
      const count = end[leaf]! - from
      worst[0] = best[last]!
      measure(blocks[leaf]!, count)
      for (let first = 0; first < count; first += 32) {
        // Of an odd number of rows the last pair has one that is none.
        const real = count - first < 32 ? (1 << (count - first)) - 1 : -1
        for (let left = near[first >> 5]! & real; left !== 0; left &= left - 1) {
          const row = first + 31 - Math.clz32(left & -left)
          const reduced = distances[row]!
          if (reduced <= best[last]! && from + row !== skip)
            insert(best, found, reduced, numbers[from + row]!)
        }
      }
    },
  }
  return vectors
}

/** Copies the rows of a leaf, column by column; of more than a leaf holds, the first. */
function copyLeaf(
  { data, columns }: Rows,
  { from, to }: { readonly from: number; readonly to: number },
  block: Float64Array,
): void {
  const count = Math.min(LEAF_ROWS, to - from)
  for (let row = 0, cell = from * columns; row < count; row++)
    for (let j = 0; j < columns; j++, cell++) block[j * LEAF_ROWS + row] = data[cell]!
}
