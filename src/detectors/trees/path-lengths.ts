import type { Matrix } from '../detector.ts'
import type { Guide } from '../statistics/guide.ts'
import { countBelow, cutsOf } from './cuts.ts'
import { arrangeLevels, descendTogether, type Levels } from './descending-rows.ts'
import { descent, LEVELS } from './descent.ts'
import { depthFor, type Forest } from './isolation-trees.ts'

/** Sums, of each row, the path lengths of all trees. */
export interface Paths {
  sum(rows: Matrix): Float64Array
}

// For fewer rows it does not pay to arrange the trees anew, and of larger or more trees there are too many nodes.
const FEW_ROWS = 64
const LARGE_TREE = 4096
const MANY_TREES = 4096
// A multiple of the rows that walk together.
const ROWS_AT_ONCE = 256
// A node is one number: the column in its lowest bits, and the rank of its cut above them.
const COLUMN_BITS = 12
const COLUMN_MASK = (1 << COLUMN_BITS) - 1
const ALWAYS_LEFT = (1 << (31 - COLUMN_BITS)) - 1

/** Path lengths in these trees; the same to the bit however many rows are asked for at once. */
export function pathsIn(forest: Forest, columns: number): Paths {
  const mayArrange =
    forest.samples <= LARGE_TREE && columns <= COLUMN_MASK && forest.value.length < ALWAYS_LEFT
  const mayDescend =
    forest.samples <= 2 ** LEVELS && forest.roots.length <= MANY_TREES && forest.value.length < ALWAYS_LEFT
  let arranged: Arrangement | undefined
  let levels: Levels | undefined
  return {
    sum(rows) {
      if (rows.rows < FEW_ROWS) return walkEach(forest, rows)
      const together = mayDescend ? descent() : undefined
      if (together !== undefined) {
        levels ??= arrangeLevels(forest, columns)
        return descendTogether(together, levels, rows)
      }
      if (!mayArrange) return walkEach(forest, rows)
      arranged ??= arrange(forest, columns)
      return walkTogether(arranged, rows)
    },
  }
}

function walkEach({ roots, column, value, right }: Forest, { data, rows, columns }: Matrix): Float64Array {
  const paths = new Float64Array(rows)
  // Tree by tree, so that one tree stays in the cache; the sum of a row is in the order of the trees,
  // whatever rows stand beside it.
  for (const root of roots) {
    for (let row = 0, cell = 0; row < rows; row++, cell += columns) {
      let node = root
      for (let split = column[node]!; split >= 0; split = column[node]!)
        node = data[cell + split]! <= value[node]! ? node + 1 : right[node]!
      paths[row]! += value[node]!
    }
  }
  return paths
}

/**
 * Trees in which every walk is equally long and compares whole numbers, so that it needs no branches, which a processor would guess wrong half of
 * the time. Node k of a tree has the children 2k and 2k + 1, from its root 1 on; a leaf above the lowest level leads left all the way.
 */
interface Arrangement {
  readonly depth: number
  /** Of each node the column that it splits, and the rank of its cut: how many cuts of that column are below its own. */
  readonly nodes: Int32Array
  /** Of each tree, the path lengths of its lowest nodes from left to right. */
  readonly leaves: Float64Array
  /** The cuts of each column, ascending. */
  readonly cuts: readonly Guide[]
}

function arrange(forest: Forest, columns: number): Arrangement {
  const { roots, column, value, right, samples } = forest
  const depth = depthFor(samples)
  const width = 1 << depth
  const cuts = cutsOf(forest, columns)
  const nodes = new Int32Array(width * roots.length)
  const leaves = new Float64Array(width * roots.length)
  const place = (node: number, at: number, tree: number): void => {
    const split = column[node]!
    if (at >= width) {
      leaves[tree * width + at - width] = value[node]!
      return
    }
    const rank = split < 0 ? ALWAYS_LEFT : countBelow(cuts[split]!, value[node]!)
    nodes[tree * width + at] = (rank << COLUMN_BITS) | Math.max(split, 0)
    place(split < 0 ? node : node + 1, 2 * at, tree)
    if (split >= 0) place(right[node]!, 2 * at + 1, tree)
  }
  roots.forEach((root, tree) => {
    place(root, 1, tree)
  })
  return { depth, nodes, leaves, cuts }
}

function walkTogether(arrangement: Arrangement, { data, rows, columns }: Matrix): Float64Array {
  const paths = new Float64Array(rows)
  const codes = new Int32Array(ROWS_AT_ONCE * columns)
  const sums = new Float64Array(ROWS_AT_ONCE)
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - from)
    for (let j = 0; j < columns; j++) {
      const cuts = arrangement.cuts[j]!
      for (let i = 0, cell = from * columns + j; i < count; i++, cell += columns)
        codes[i * columns + j] = countBelow(cuts, data[cell]!) << COLUMN_BITS
    }
    sums.fill(0)
    addPaths(arrangement, codes, sums)
    paths.set(sums.subarray(0, count), from)
  }
  return paths
}

/** Four rows walk side by side, because each step of one has to wait for the one before. */
function addPaths({ depth, nodes, leaves }: Arrangement, codes: Int32Array, sums: Float64Array): void {
  const width = 1 << depth
  const columns = (codes.length / sums.length) | 0
  for (let tree = 0; tree < leaves.length; tree += width) {
    const below = tree - width
    for (let row = 0, a = 0; row < ROWS_AT_ONCE; row += 4, a += 4 * columns) {
      const b = a + columns
      const c = b + columns
      const d = c + columns
      let atA = 1
      let atB = 1
      let atC = 1
      let atD = 1
      for (let level = 0; level < depth; level++) {
        const nodeA = nodes[tree + atA]!
        const nodeB = nodes[tree + atB]!
        const nodeC = nodes[tree + atC]!
        const nodeD = nodes[tree + atD]!
        // The difference is negative when the row lies above the cut; the column in the lowest bits is too little to matter.
        atA = 2 * atA + ((nodeA - codes[a + (nodeA & COLUMN_MASK)]!) >>> 31)
        atB = 2 * atB + ((nodeB - codes[b + (nodeB & COLUMN_MASK)]!) >>> 31)
        atC = 2 * atC + ((nodeC - codes[c + (nodeC & COLUMN_MASK)]!) >>> 31)
        atD = 2 * atD + ((nodeD - codes[d + (nodeD & COLUMN_MASK)]!) >>> 31)
      }
      sums[row]! += leaves[below + atA]!
      sums[row + 1]! += leaves[below + atB]!
      sums[row + 2]! += leaves[below + atC]!
      sums[row + 3]! += leaves[below + atD]!
    }
  }
}
