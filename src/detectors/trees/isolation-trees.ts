import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'

/** Isolation trees one behind the other, each in preorder: the left child of a node follows it. */
export interface Forest {
  readonly roots: Int32Array
  /** The column that a node splits, or -1 in a leaf. */
  readonly column: Int16Array
  /** Of a split, the largest value that goes left; of a leaf, the path length that it stands for. */
  readonly value: Float64Array
  readonly right: Int32Array
  /** Rows that each tree saw. */
  readonly samples: number
}

export interface ForestPlan {
  readonly trees: number
  readonly samples: number
  /** Columns that each tree may split. */
  readonly columns: number
  readonly bootstrap: boolean
  readonly random: Random
}

/** Mean path of an unsuccessful search in a binary tree of `count` rows. */
export function averagePath(count: number): number {
  if (count <= 1) return 0
  if (count === 2) return 1
  return 2 * (Math.log(count - 1) + 0.5772156649015329) - (2 * (count - 1)) / count
}

/** How deep a tree of so many rows grows at most. */
export function depthFor(samples: number): number {
  return Math.ceil(Math.log2(Math.max(samples, 2)))
}

/** Grows the trees, to the depth at which a row of average strangeness is alone. */
export function growForest(data: Matrix, plan: ForestPlan): Forest {
  const { trees, samples, random } = plan
  const deepest = depthFor(samples)
  const roots = new Int32Array(trees)
  // The tree that grows; those before it are kept apart.
  const most = 2 * samples - 1
  const column = new Int16Array(most)
  const value = new Float64Array(most)
  const right = new Int32Array(most)
  const grown: { column: Int16Array; value: Float64Array; right: Int32Array }[] = []
  // Where its nodes begin among all, and how many it has so far.
  let first = 0
  let size = 0
  const rows = numbersTo(data.rows)
  const columns = numbersTo(data.columns)
  const drawn = new Int32Array(samples)
  // Rows of the tree, as places in its sample: a copy by columns, which stays near the processor.
  const picked = new Int32Array(samples)
  const sample = new Float64Array(samples * data.columns)
  const tried = new Int32Array(plan.columns)

  const grow = (from: number, to: number, depth: number): void => {
    const node = size++
    const split = to - from > 1 && depth < deepest ? drawSplit(from, to) : undefined
    if (split === undefined) {
      column[node] = -1
      value[node] = depth + averagePath(to - from)
      right[node] = 0
      return
    }
    column[node] = split.column
    value[node] = split.at
    const middle = partition(sample.subarray(split.column * samples, (split.column + 1) * samples), picked, {
      from,
      to,
      at: split.at,
    })
    grow(from, middle, depth + 1)
    right[node] = first + size
    grow(middle, to, depth + 1)
  }
  /** A column in which the rows differ, all such alike, and a place uniformly between its extremes. */
  const drawSplit = (from: number, to: number): { column: number; at: number } | undefined => {
    for (let left = tried.length; left > 0; ) {
      const choice = random.int(left--)
      const candidate = tried[choice]!
      tried[choice] = tried[left]!
      tried[left] = candidate
      const start = candidate * samples
      let least = Number.POSITIVE_INFINITY
      let most = Number.NEGATIVE_INFINITY
      for (let i = from; i < to; i++) {
        const cell = sample[start + picked[i]!]!
        if (cell < least) least = cell
        if (cell > most) most = cell
      }
      if (most > least) {
        const share = random.next()
        const at = Math.max(least, least * (1 - share) + most * share)
        return { column: candidate, at: at < most ? at : least }
      }
    }
    return undefined
  }

  for (let tree = 0; tree < trees; tree++) {
    roots[tree] = first
    size = 0
    draw(rows, drawn, plan.bootstrap, random)
    copyRows(data, drawn, sample)
    for (let i = 0; i < samples; i++) picked[i] = i
    draw(columns, tried, false, random)
    grow(0, samples, 0)
    grown.push({
      column: column.slice(0, size),
      value: value.slice(0, size),
      right: right.slice(0, size),
    })
    first += size
  }
  const forest = {
    roots,
    column: new Int16Array(first),
    value: new Float64Array(first),
    right: new Int32Array(first),
    samples,
  }
  grown.forEach((tree, i) => {
    forest.column.set(tree.column, roots[i])
    forest.value.set(tree.value, roots[i])
    forest.right.set(tree.right, roots[i])
  })
  return forest
}

function numbersTo(count: number): Int32Array {
  const numbers = new Int32Array(count)
  for (let i = 0; i < count; i++) numbers[i] = i
  return numbers
}

/** Fills `picked` from `all`, with replacement or without; reorders `all`. */
function draw(all: Int32Array, picked: Int32Array, replace: boolean, random: Random): void {
  for (let i = 0; i < picked.length; i++) {
    const choice = replace ? random.int(all.length) : i + random.int(all.length - i)
    picked[i] = all[choice]!
    if (replace) continue
    all[choice] = all[i]!
    all[i] = picked[i]!
  }
}

/** Copies some rows, column by column. */
function copyRows({ data, columns }: Matrix, rows: Int32Array, copy: Float64Array): void {
  for (let i = 0; i < rows.length; i++)
    for (let j = 0, cell = rows[i]! * columns; j < columns; j++, cell++)
      copy[j * rows.length + i] = data[cell]!
}

interface Cut {
  readonly from: number
  readonly to: number
  readonly at: number
}

/** Brings the rows that go left to the front; the place where the others begin. */
function partition(values: Float64Array, picked: Int32Array, { from, to, at }: Cut): number {
  let low = from
  let high = to
  while (low < high) {
    const row = picked[low]!
    if (values[row]! <= at) low++
    else {
      picked[low] = picked[--high]!
      picked[high] = row
    }
  }
  return low
}
