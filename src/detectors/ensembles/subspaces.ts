import type { Random } from '../../core/random.ts'
import type { StateReader } from '../checks.ts'
import type { Matrix } from '../detector.ts'
import { drawDistinct } from '../statistics/draw.ts'

/** Sets of `from` to `to` of the columns. */
export function drawSubspaces(
  random: Random,
  columns: number,
  { count, from, to }: { readonly count: number; readonly from: number; readonly to: number },
): readonly Int32Array[] {
  return Array.from({ length: count }, () => drawDistinct(random, columns, from + random.int(to - from + 1)))
}

/** The picked columns of rows, in their order. */
export function columnsOf({ data, rows, columns }: Matrix, picked: Int32Array): Matrix {
  const result = new Float64Array(rows * picked.length)
  for (let row = 0, at = 0; row < rows; row++)
    for (let j = 0; j < picked.length; j++) result[at++] = data[row * columns + picked[j]!]!
  return { data: result, rows, columns: picked.length }
}

/** Sets of columns as a state keeps them: the size of each, and all of them one behind the other. */
export interface PackedSubspaces {
  readonly counts: Int32Array
  readonly subspaces: Int32Array
}

/** Packs sets of columns. */
export function packSubspaces(subspaces: readonly Int32Array[]): PackedSubspaces {
  return {
    counts: Int32Array.from(subspaces, (columns) => columns.length),
    subspaces: Int32Array.from(subspaces.flatMap((columns) => Array.from(columns))),
  }
}

/** The reverse, for rows of so many columns; throws `MODEL_INVALID`. */
export function unpackSubspaces(read: StateReader, columns: number): readonly Int32Array[] {
  const counts = read.array('counts', Int32Array)
  const all = read.array('subspaces', Int32Array)
  read.require(
    counts.length > 0 &&
      counts.every((count) => count > 0) &&
      all.length === counts.reduce((sum, count) => sum + count, 0) &&
      all.every((column) => column >= 0 && column < columns),
    'its subspaces are not sets of columns',
  )
  let from = 0
  return Array.from(counts, (count) => {
    from += count
    return all.slice(from - count, from)
  })
}
