import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { createNearestCentres } from '../../../src/detectors/clustering/nearest-centres.ts'
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

it.each([
  [1, 1, 1],
  [200, 1, 4],
  [200, 2, 1],
  [200, 3, 2],
  [200, 7, 9],
])('follows %d rows of %d columns among %d centres that wander', (rows, columns, clusters) => {
  const points = gaussianRows(rows, columns, 1)
  const nearest = createNearestCentres(points, clusters)
  const random = createRandom(2)
  let centres = gaussianRows(clusters, columns, 3).data
  for (let round = 0; round < 40; round++) {
    const before = Array.from(nearest.labels)
    const changed = nearest.assign(centres)
    expect(Array.from(nearest.labels)).toEqual(byDefinition(points, centres))
    expect(changed).toBe(nearest.labels.some((label, row) => label !== before[row]))
    // Some stand still, some go far and come back.
    const step = [0, 0.01, 0.3, 5][round % 4]!
    const moved = centres.map((value) => (random.next() < 0.3 ? value : value + step * (random.next() - 0.5)))
    const squares = moved.reduce((sum, value, i) => sum + (value - centres[i]!) ** 2, 0)
    expect(nearest.move(centres, moved)).toBeCloseTo(squares, 10)
    centres = moved
  }
})

it('takes the first of centres that are equally near', () => {
  const nearest = createNearestCentres(matrixOf([[0], [2], [4]]), 3)
  const apart = Float64Array.of(5, 3, 1)
  expect(nearest.assign(apart)).toBe(true)
  expect(Array.from(nearest.labels)).toEqual([2, 1, 0])
  const together = Float64Array.of(2, 2, 2)
  nearest.move(apart, together)
  expect(nearest.assign(together)).toBe(true)
  expect(Array.from(nearest.labels)).toEqual([0, 0, 0])
  expect(nearest.assign(together)).toBe(false)
})
