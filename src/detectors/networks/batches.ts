import type { Random } from '../../core/random.ts'
import { drawDistinct } from '../statistics/draw.ts'

/**
 * All rows once in random order, in batches of `size`; of a rest that is smaller than a batch nothing, unless `rest` or there is not one whole batch. The rows that
 * `each` gets are valid during its call.
 */
export function forEachBatch(
  { data, columns }: { readonly data: Float64Array; readonly columns: number },
  { size, rest, random }: { readonly size: number; readonly rest: boolean; readonly random: Random },
  each: (rows: Float64Array, count: number) => void,
): void {
  const total = data.length / columns
  const order = drawDistinct(random, total, total)
  const batch = new Float64Array(Math.min(size, total) * columns)
  for (let start = 0; start < total; start += size) {
    const count = Math.min(size, total - start)
    if (count < size && start > 0 && !rest) return
    for (let i = 0; i < count; i++) {
      const from = order[start + i]! * columns
      for (let j = 0; j < columns; j++) batch[i * columns + j] = data[from + j]!
    }
    each(batch, count)
  }
}
