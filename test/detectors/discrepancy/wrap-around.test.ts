import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { BLOCK_ROWS, blockEnd } from '../../../src/detectors/discrepancy/pair-kernels.ts'
import { plainPairKernels } from '../../../src/detectors/discrepancy/plain-pair-kernels.ts'
import { SIMD_COLUMNS, simdPairKernels } from '../../../src/detectors/discrepancy/simd-pair-kernels.ts'
import { sumKernels, sumKernelsWithin } from '../../../src/detectors/discrepancy/wrap-around.ts'

function uniformRows(rows: number, columns: number, seed = 1): Matrix {
  const random = createRandom(seed)
  return { data: Float64Array.from({ length: rows * columns }, () => random.next()), rows, columns }
}

function byDefinition(rows: Matrix, queries: Matrix): number[] {
  const { columns } = rows
  return Array.from({ length: queries.rows }, (_, query) => {
    let sum = 0
    for (let row = 0; row < rows.rows; row++) {
      let kernel = 1
      for (let j = 0; j < columns; j++) {
        const u = Math.abs(rows.data[row * columns + j]! - queries.data[query * columns + j]!)
        kernel *= 1.5 - u + u * u
      }
      sum += kernel
    }
    return sum
  })
}

function expectClose(found: Float64Array, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length)
  expected.forEach((sum, i) => {
    expect(Math.abs(found[i]! / sum - 1)).toBeLessThan(1e-12)
  })
}

const columnCounts = [1, 2, 6, SIMD_COLUMNS, SIMD_COLUMNS + 1]

it.each(columnCounts)('sums the kernels of rows of %d columns', (columns) => {
  const queries = uniformRows(7, columns, 2)
  for (const count of [1, 2, 3, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 3]) {
    const rows = uniformRows(count, columns)
    expectClose(sumKernelsWithin(rows), byDefinition(rows, rows))
    expectClose(sumKernels(rows, queries), byDefinition(rows, queries))
  }
})

it('sums the same for a query alone and beside others', () => {
  const rows = uniformRows(300, 3)
  const queries = uniformRows(5, 3, 2)
  const together = sumKernels(rows, queries)
  for (let i = 0; i < 5; i++) {
    const alone = { data: queries.data.subarray(3 * i, 3 * i + 3), rows: 1, columns: 3 }
    expect(sumKernels(rows, alone)).toEqual(together.subarray(i, i + 1))
  }
})

it.each(Array.from({ length: SIMD_COLUMNS }, (_, j) => j + 1))(
  'has the same bits with vectors, for %d columns',
  (columns) => {
    const simd = simdPairKernels(columns)!
    const plain = plainPairKernels(columns)
    expect(simd.room.length).toBe(plain.room.length)
    for (const rows of [1, 2, BLOCK_ROWS]) {
      const { data } = uniformRows(1, blockEnd(columns, BLOCK_ROWS), rows)
      for (const { room, add } of [simd, plain]) {
        room.set(data)
        add(rows)
      }
      expect(simd.room).toEqual(plain.room)
      expect(plain.room.subarray(blockEnd(columns, rows))).toEqual(data.subarray(blockEnd(columns, rows)))
    }
  },
)

it('has no vectors of more columns', () => {
  expect(simdPairKernels(SIMD_COLUMNS + 1)).toBeUndefined()
})
