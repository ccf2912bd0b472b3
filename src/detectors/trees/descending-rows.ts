import type { Matrix } from '../detector.ts'
import type { Guide } from '../statistics/guide.ts'
import { growTo } from '../web-assembly/memory.ts'
import { countBelow, cutsOf } from './cuts.ts'
import { type Descent, FREE, LEVELS, ROWS_AT_ONCE, reachedAt, SUMS } from './descent.ts'
import type { Forest } from './isolation-trees.ts'

/** Trees of at most `LEVELS` levels as the descent reads them from memory. */
export interface Levels {
  /** Of each tree the bytes that the splits of each level take, and then its splits. */
  readonly splits: Int32Array
  /** Where each tree begins in them, in bytes of the memory. */
  readonly trees: Int32Array
  /** Of each tree, the path lengths of its leaves from left to right; a leaf above the lowest level is that furthest left below it. */
  readonly lengths: Float64Array
  readonly cuts: readonly Guide[]
  /** Where the rows above each cut of a column begin, in bytes of the memory, and where they end. */
  readonly above: Int32Array
}

const LEAVES = 2 ** LEVELS
const VECTOR = 16
const BYTES_OF_SPLIT = 8

/** Arranges trees for the descent. */
export function arrangeLevels(forest: Forest, columns: number): Levels {
  const { roots, column, value, right } = forest
  const cuts = cutsOf(forest, columns)
  const count = cuts.reduce((sum, { sorted }) => sum + sorted.length, 0)
  const splits = new Int32Array(roots.length * LEVELS + (count * BYTES_OF_SPLIT) / 4)
  const lengths = new Float64Array(roots.length * LEAVES)
  const above = new Int32Array(columns + 1)
  above[0] = (FREE + splits.byteLength + lengths.byteLength + VECTOR) & -VECTOR
  // Of n cuts none to n are below a row.
  cuts.forEach(({ sorted }, j) => {
    above[j + 1] = above[j]! + VECTOR * (sorted.length + 1)
  })
  const trees = new Int32Array(roots.length)
  // The children of number k are 2k and 2k + 1; those of a split follow it.
  const numbers = new Int32Array(column.length)
  const places = new Int32Array(LEVELS)
  let used = 0
  roots.forEach((root, tree) => {
    const end = roots[tree + 1] ?? column.length
    const sizes = used
    trees[tree] = FREE + 4 * sizes
    used += LEVELS
    numbers[root] = 1
    for (let node = root; node < end; node++) {
      const number = numbers[node]!
      const level = levelOf(number)
      if (column[node]! >= 0 && level < LEVELS) {
        numbers[node + 1] = 2 * number
        numbers[right[node]!] = 2 * number + 1
        splits[sizes + level]! += BYTES_OF_SPLIT
      } else if (level <= LEVELS)
        lengths[tree * LEAVES + number * 2 ** (LEVELS - level) - LEAVES] = value[node]!
    }
    for (let level = 0; level < LEVELS; level++) {
      places[level] = used
      used += splits[sizes + level]! / 4
    }
    for (let node = root; node < end; node++) {
      const split = column[node]!
      const level = levelOf(numbers[node]!)
      if (split < 0 || level >= LEVELS) continue
      splits[places[level]!++] = reachedAt(numbers[node]!)
      splits[places[level]!++] = above[split]! + VECTOR * countBelow(cuts[split]!, value[node]!)
    }
  })
  return { splits, trees, lengths, cuts, above }
}

/** Of a node by its number, from 0 on; endless for none. */
function levelOf(number: number): number {
  return number > 0 ? 31 - Math.clz32(number) : Number.POSITIVE_INFINITY
}

/** Sums, of each row, the path lengths of all trees. */
export function descendTogether(
  { memory, functions }: Descent,
  { splits, trees, lengths, cuts, above }: Levels,
  { data, rows, columns }: Matrix,
): Float64Array {
  const paths = new Float64Array(rows)
  const end = above[columns]!
  growTo(memory, end)
  const lengthsAt = FREE + splits.byteLength
  new Int32Array(memory.buffer, FREE).set(splits)
  new Float64Array(memory.buffer, lengthsAt).set(lengths)
  const sums = new Float64Array(memory.buffer, SUMS, ROWS_AT_ONCE)
  const bits = new Int32Array(memory.buffer, above[0], (end - above[0]!) / 4)
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - first)
    bits.fill(0)
    for (let j = 0; j < columns; j++) {
      const slots = bits.subarray((above[j]! - above[0]!) / 4, (above[j + 1]! - above[0]!) / 4)
      placeRows(cuts[j]!, slots, { data, columns, cell: first * columns + j, count })
      functions.gather(above[j]!, above[j + 1]!)
    }
    sums.fill(0)
    for (let tree = 0; tree < trees.length; tree++) {
      const sizes = trees[tree]!
      functions.descend(sizes + 4 * LEVELS, sizes, lengthsAt + 8 * LEAVES * tree)
    }
    paths.set(sums.subarray(0, count), first)
  }
  return paths
}

interface Cells {
  readonly data: Float64Array
  readonly columns: number
  /** Where the first value stands. */
  readonly cell: number
  readonly count: number
}

/** Sets the bit of each row in the vector of how many cuts are below it. */
function placeRows(cuts: Guide, vectors: Int32Array, { data, columns, cell, count }: Cells): void {
  for (let row = 0, at = cell; row < count; row++, at += columns)
    vectors[4 * countBelow(cuts, data[at]!) + (row >> 5)]! |= 1 << row
}
