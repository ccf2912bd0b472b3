import { describe, expect, it } from 'vitest'
import { plainNearestCentres } from '../../../src/detectors/clustering/plain-nearest-centres.ts'
import { simdNearestCentres } from '../../../src/detectors/clustering/simd-nearest-centres.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

function byDefinition({ data, rows, columns }: Matrix, centres: Float64Array): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const squares = Array.from({ length: centres.length / columns }, (_, k) => {
      let sum = 0
      for (let j = 0; j < columns; j++) sum += (data[row * columns + j]! - centres[k * columns + j]!) ** 2
      return sum
    })
    return squares.indexOf(Math.min(...squares))
  })
}

const sizes = [
  [1, 1, 1],
  [200, 1, 4],
  [201, 2, 1],
  [2047, 3, 2],
  [1024, 20, 9],
] as const

describe.each([
  ['with vectors', (points: Matrix) => simdNearestCentres(points)!],
  ['plainly', plainNearestCentres],
])('the nearest centres, found %s', (_, create) => {
  it.each(sizes)('of %d rows of %d columns among %d', (rows, columns, clusters) => {
    const points = gaussianRows(rows, columns, 1)
    const nearest = create(points)
    expect(nearest.labels.every((label) => label === -1)).toBe(true)
    for (const seed of [3, 4]) {
      const centres = gaussianRows(clusters, columns, seed).data
      nearest.assign(centres)
      expect(Array.from(nearest.labels)).toEqual(byDefinition(points, centres))
    }
  })

  it('are the first of those equally near', () => {
    const nearest = create(matrixOf([[0], [2], [4]]))
    nearest.assign(Float64Array.of(5, 3, 1))
    expect(Array.from(nearest.labels)).toEqual([2, 1, 0])
    nearest.assign(Float64Array.of(2, 2, 2))
    expect(Array.from(nearest.labels)).toEqual([0, 0, 0])
  })

  it('do not mix up rows that are looked for in turn', () => {
    const [few, many] = [gaussianRows(3, 2, 1), gaussianRows(500, 2, 2)]
    const [first, second] = [create(few), create(many)]
    const centres = gaussianRows(4, 2, 3).data
    second.assign(centres)
    first.assign(centres)
    expect(Array.from(first.labels)).toEqual(byDefinition(few, centres))
    expect(Array.from(second.labels)).toEqual(byDefinition(many, centres))
  })
})

it('leaves rows that are too wide for registers to the plain loop', () => {
  const points = gaussianRows(9, 21, 1)
  expect(simdNearestCentres(points)).toBeUndefined()
  const nearest = plainNearestCentres(points)
  const centres = gaussianRows(4, 21, 2).data
  nearest.assign(centres)
  expect(Array.from(nearest.labels)).toEqual(byDefinition(points, centres))
})
