import { expect, it } from 'vitest'
import { plainTile } from '../../../src/detectors/linear-algebra/plain-tile.ts'
import { createRowProducts } from '../../../src/detectors/linear-algebra/row-products.ts'
import { simdTile } from '../../../src/detectors/linear-algebra/simd-tile.ts'
import { gaussianRows, rowOf } from '../samples.ts'

/** Scalar products from a place on; what a shorter row lacks is zero. */
function byDefinition(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0
  for (let i = from; i < Math.min(a.length, b.length); i++) sum += a[i]! * b[i]!
  return sum
}

const plain = plainTile()
const simd = simdTile()

// Larger rooms come after smaller ones, and smaller ones after larger ones.
it.each([
  [1, 1],
  [24, 4001],
  [5, 37],
  [2, 2],
])('multiplies with %d held rows of %d values, to the same bits with both tiles', (held, length) => {
  const products = createRowProducts(held, length)
  const others = [plain, simd].flatMap((tile) => (tile ? [createRowProducts(held, length, tile)] : []))
  const values = gaussianRows(held + 4, length, held)
  const ends = [length, length - 1, Math.max(0, length - 2), Math.max(0, length - 3)]
  for (const room of [products, ...others]) for (let c = 0; c < held; c++) room.hold(c, rowOf(values, c).data)
  for (const from of [0, Math.min(3, length - 1)]) {
    const four = ends.map((end, r) => rowOf(values, held + r).data.subarray(0, end))
    for (const room of [products, ...others])
      four.forEach((row, r) => {
        room.set(r, row.subarray(Math.min(from, row.length)), from)
      })
    const found = products.multiply(from, length)
    for (const [r, row] of four.entries())
      for (let c = 0; c < held; c++)
        expect(found[r * products.width + c]).toBeCloseTo(byDefinition(row, rowOf(values, c).data, from), 10)
    for (const other of others) expect(other.multiply(from, length)).toEqual(found)
  }
})

it('has the instructions on the processors of today', () => {
  expect(simd).toBeDefined()
})

it('has no products of nothing', () => {
  const products = createRowProducts(3, 9)
  expect(Array.from(products.multiply(0, 0))).toEqual(Array.from({ length: 16 }, () => 0))
})
