import type { Matrix } from '../detector.ts'
import { minkowski } from '../neighbours/metric.ts'
import { indexRows } from '../neighbours/nearest.ts'
import type { Parallel } from '../parallel/parallel.ts'
import { columnsOf } from './subspaces.ts'

/** Receives the training rows in the region of a row; the array is used again afterwards. */
export type ReceiveRegion = (row: number, region: Int32Array) => void

/** The training rows near a row in most of several subspaces. */
export interface LocalRegions {
  of(rows: Matrix, receive: ReceiveRegion): void
  /** Of each training row, itself left out. */
  ofTraining(receive: ReceiveRegion): void
}

const ROWS_AT_ONCE = 256

interface Regions {
  /** Sets of columns. */
  readonly subspaces: readonly Int32Array[]
  /** Two at least. */
  readonly neighbours: number
}

/** Regions by the nearest neighbours in each of the subspaces. */
export function localRegions(
  training: Matrix,
  { subspaces, neighbours }: Regions,
  parallel?: Parallel,
): LocalRegions {
  const indexes = subspaces.map((columns) => indexRows(columnsOf(training, columns), minkowski(2), parallel))
  const count = regionCounter(training.rows, { subspaces: subspaces.length, neighbours })
  return {
    of(rows, receive) {
      const { data, columns } = rows
      for (let from = 0; from < rows.rows; from += ROWS_AT_ONCE) {
        const to = Math.min(from + ROWS_AT_ONCE, rows.rows)
        const block = { data: data.subarray(from * columns, to * columns), rows: to - from, columns }
        const near = indexes.map(
          (index, i) => index.nearest(columnsOf(block, subspaces[i]!), neighbours).indices,
        )
        for (let row = from; row < to; row++) receive(row, count(near, row - from))
      }
    },
    ofTraining(receive) {
      const near = indexes.map((index) => index.nearestOfOwn(neighbours).indices)
      for (let row = 0; row < training.rows; row++) receive(row, count(near, row))
    },
  }
}

/** The rows that are near a row in more than half of the subspaces, or in as many as leaves two of them. */
function regionCounter(
  rows: number,
  { subspaces, neighbours }: { readonly subspaces: number; readonly neighbours: number },
): (near: readonly Int32Array[], row: number) => Int32Array {
  const times = new Uint16Array(rows)
  const found = new Int32Array(subspaces * neighbours)
  const region = new Int32Array(subspaces * neighbours)
  return (near, row) => {
    let all = 0
    for (const indices of near)
      for (let i = row * neighbours; i < (row + 1) * neighbours; i++)
        if (times[indices[i]!]!++ === 0) found[all++] = indices[i]!
    let size = 0
    for (let bar = subspaces >> 1; size < 2 && bar >= 0; bar--) {
      size = 0
      for (let i = 0; i < all; i++) if (times[found[i]!]! > bar) region[size++] = found[i]!
    }
    for (let i = 0; i < all; i++) times[found[i]!] = 0
    return region.subarray(0, size)
  }
}
