import type { Matrix } from '../detector.ts'
import { BLOCK_ROWS, blockStart, factor, type PairKernels } from './pair-kernels.ts'
import { plainPairKernels } from './plain-pair-kernels.ts'
import { simdPairKernels } from './simd-pair-kernels.ts'

/** Of each query the sum of its kernels with all rows, always in the order of the rows. All are in 0..1. */
export function sumKernels(rows: Matrix, queries: Matrix): Float64Array {
  const kernels = kernelsFor(rows.columns)
  const sums = new Float64Array(queries.rows)
  for (let from = 0; from < rows.rows; from += BLOCK_ROWS) {
    const count = loadBlock(kernels, rows, from)
    for (let first = 0; first < queries.rows; first += 2) {
      // The last of an odd number is its own partner.
      const second = Math.min(first + 1, queries.rows - 1)
      comparePair(kernels, queries, { first, second, sums, count })
    }
  }
  return sums
}

/** Of each row the sum of its kernels with all rows, itself among them. Each two are compared once: their kernel is part of both sums. */
export function sumKernelsWithin(matrix: Matrix): Float64Array {
  const { rows, columns } = matrix
  const kernels = kernelsFor(columns)
  const sums = new Float64Array(rows).fill(1.5 ** columns)
  // Pairs are compared with the rows before them; the first of an odd number of rows is in no pair.
  const odd = rows % 2
  for (let first = odd; first < rows; first += 2) {
    const kernel = kernelOf(matrix, first, first + 1)
    sums[first]! += kernel
    sums[first + 1]! += kernel
  }
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const count = loadBlock(kernels, matrix, from)
    for (let first = from + 2 - odd; first < rows; first += 2)
      comparePair(kernels, matrix, { first, second: first + 1, sums, count: Math.min(first - from, count) })
    for (let i = 0, at = blockStart(columns); i < count; i++, at += 1 + columns)
      sums[from + i]! += kernels.room[at]!
  }
  return sums
}

function kernelsFor(columns: number): PairKernels {
  return simdPairKernels(columns) ?? plainPairKernels(columns)
}

/** Copies rows, whose sums in the block begin at 0; returns how many. */
function loadBlock({ room }: PairKernels, { data, rows, columns }: Matrix, from: number): number {
  const count = Math.min(BLOCK_ROWS, rows - from)
  let at = blockStart(columns)
  for (let i = 0, cell = from * columns; i < count; i++) {
    room[at++] = 0
    for (let j = 0; j < columns; j++) room[at++] = data[cell++]!
  }
  return count
}

interface Pair {
  readonly first: number
  readonly second: number
  /** Of all rows that pairs are made of. */
  readonly sums: Float64Array
  /** Rows of the block. */
  readonly count: number
}

function comparePair(
  { room, add }: PairKernels,
  { data, columns }: Matrix,
  { first, second, sums, count }: Pair,
): void {
  room[0] = sums[first]!
  room[1] = sums[second]!
  for (let j = 0, at = 2; j < columns; j++) {
    room[at++] = data[first * columns + j]!
    room[at++] = data[second * columns + j]!
  }
  add(count)
  sums[first] = room[0]
  sums[second] = room[1]
}

function kernelOf({ data, columns }: Matrix, a: number, b: number): number {
  let kernel = 1
  for (let j = 0; j < columns; j++) kernel *= factor(data[a * columns + j]! - data[b * columns + j]!)
  return kernel
}
