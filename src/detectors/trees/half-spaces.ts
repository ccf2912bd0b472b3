import type { Random } from '../../core/random.ts'

/** The values of each column among which half-spaces are drawn; `low` is below `high`. */
export interface Limits {
  readonly low: Float64Array
  readonly high: Float64Array
}

/**
 * Perfect binary trees of one height, one behind the other. The nodes of a tree are numbered level by level, so that the children of i are
 * 2i + 1 (values below the threshold) and 2i + 2; only the 2^height - 1 inner ones have an entry here.
 */
export interface HalfSpaces {
  readonly trees: number
  readonly height: number
  readonly column: Uint32Array
  readonly threshold: Float64Array
}

// A split keeps away from the edges by this share of the width, so that no half-space is too narrow (as in river).
const PADDING = 0.15

/** Draws each split from the space that those above it have left, the column in proportion to the width left of it. */
export function drawHalfSpaces(
  { low, high }: Limits,
  { trees, height, random }: { readonly trees: number; readonly height: number; readonly random: Random },
): HalfSpaces {
  const inner = 2 ** height - 1
  const column = new Uint32Array(trees * inner)
  const threshold = new Float64Array(trees * inner)
  // In shares of the width of a column, so that columns of any unit count alike.
  const from = new Float64Array(low.length)
  const to = new Float64Array(low.length).fill(1)

  const drawColumn = (): number => {
    let total = 0
    for (let j = 0; j < low.length; j++) total += to[j]! - from[j]!
    let place = random.next() * total
    for (let j = 0; j < low.length - 1; j++) {
      place -= to[j]! - from[j]!
      if (place < 0) return j
    }
    return low.length - 1
  }
  const split = (first: number, node: number): void => {
    if (node >= inner) return
    const chosen = drawColumn()
    const [start, end] = [from[chosen]!, to[chosen]!]
    const at = start + (end - start) * (PADDING + random.next() * (1 - 2 * PADDING))
    column[first + node] = chosen
    threshold[first + node] = low[chosen]! * (1 - at) + high[chosen]! * at
    to[chosen] = at
    split(first, 2 * node + 1)
    to[chosen] = end
    from[chosen] = at
    split(first, 2 * node + 2)
    from[chosen] = start
  }
  for (let tree = 0; tree < trees; tree++) split(tree * inner, 0)
  return { trees, height, column, threshold }
}

/** How many rows went through each node of each tree, leaves too. */
export interface Masses {
  readonly counts: Uint32Array
  /** Counts a row in. */
  add(data: Float64Array, offset: number): void
  /** The sum over the trees of mass · 2^depth along the row's way, which ends where the mass is below `limit`. */
  weigh(data: Float64Array, offset: number, limit: number): number
  /**
   * Adds, for the column of each split along that way, how much less mass · 2^depth the row has after it than the rows that come to it have on the average
   * (more, where negative), for all levels below.
   */
  lose(
    data: Float64Array,
    offset: number,
    { limit, losses }: { readonly limit: number; readonly losses: Float64Array },
  ): void
  /** The counts of the leaves, tree after tree, of which all others are sums. */
  leaves(): Uint16Array
}

/** Masses that are zero, or those of the given leaves. */
export function createMasses({ trees, height, column, threshold }: HalfSpaces, leaves?: Uint16Array): Masses {
  const inner = 2 ** height - 1
  const nodes = 2 * inner + 1
  const counts = new Uint32Array(trees * nodes)
  if (leaves !== undefined)
    for (let tree = 0; tree < trees; tree++) {
      counts.set(leaves.subarray(tree * (inner + 1), (tree + 1) * (inner + 1)), tree * nodes + inner)
      for (let node = tree * nodes + nodes - 1, left = nodes; left > 1; node--, left--)
        counts[tree * nodes + ((left - 2) >> 1)]! += counts[node]!
    }
  return {
    counts,
    add(data, offset) {
      for (let tree = 0; tree < trees; tree++) {
        const first = tree * nodes
        const splits = tree * inner
        let node = 0
        while (node < inner) {
          counts[first + node]!++
          const value = data[offset + column[splits + node]!]!
          node = 2 * node + (value < threshold[splits + node]! ? 1 : 2)
        }
        counts[first + node]!++
      }
    },
    weigh(data, offset, limit) {
      let sum = 0
      for (let tree = 0; tree < trees; tree++) {
        const first = tree * nodes
        const splits = tree * inner
        let node = 0
        let mass = counts[first]!
        let weight = 1
        sum += mass
        while (node < inner && mass >= limit) {
          const value = data[offset + column[splits + node]!]!
          node = 2 * node + (value < threshold[splits + node]! ? 1 : 2)
          mass = counts[first + node]!
          weight *= 2
          sum += mass * weight
        }
      }
      return sum
    },
    lose(data, offset, { limit, losses }) {
      for (let tree = 0; tree < trees; tree++) {
        const first = tree * nodes
        let node = 0
        for (let depth = 0; depth < height && counts[first + node]! >= limit; depth++) {
          const split = column[tree * inner + node]!
          const [lower, upper] = [counts[first + 2 * node + 1]!, counts[first + 2 * node + 2]!]
          const usual = (lower * lower + upper * upper) / (lower + upper)
          node = 2 * node + (data[offset + split]! < threshold[tree * inner + node]! ? 1 : 2)
          losses[split]! += (usual - counts[first + node]!) * 2 ** (depth + 1) * (height - depth)
        }
      }
    },
    leaves() {
      const result = new Uint16Array(trees * (inner + 1))
      for (let tree = 0; tree < trees; tree++)
        result.set(counts.subarray(tree * nodes + inner, (tree + 1) * nodes), tree * (inner + 1))
      return result
    },
  }
}
