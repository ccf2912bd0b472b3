import { bucketOf, type Guide, guideFor } from '../statistics/guide.ts'
import type { Forest } from './isolation-trees.ts'

// Cuts crowd where most rows are.
const FINENESS = 4
// Those in one bucket are tried one after the other, which a processor foresees better than halves.
const FEW = 4

/** The cuts of each column in all trees, ascending. */
export function cutsOf({ column, value }: Forest, columns: number): readonly Guide[] {
  const counts = new Int32Array(columns)
  for (let node = 0; node < column.length; node++) if (column[node]! >= 0) counts[column[node]!]!++
  const cuts = Array.from(counts, (count) => new Float64Array(count))
  for (let node = 0; node < column.length; node++) {
    const split = column[node]!
    if (split >= 0) cuts[split]![--counts[split]!] = value[node]!
  }
  return cuts.map((unsorted) => guideFor(unsorted.sort(), FINENESS))
}

/** How many of the ascending values are less. */
export function countBelow(guide: Guide, value: number): number {
  const { sorted, starts } = guide
  const bucket = bucketOf(guide, value)
  let low = starts[bucket]!
  let high = starts[bucket + 1]!
  while (high - low > FEW) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  while (low < high && sorted[low]! < value) low++
  return low
}
