import { expect, it } from 'vitest'
import { minkowski } from '../../../src/detectors/neighbours/metric.ts'
import { indexRows } from '../../../src/detectors/neighbours/nearest.ts'
import { nearestDistances } from '../../../src/detectors/neighbours/nearest-distances.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

it.each([1, 2, 3, Number.POSITIVE_INFINITY])('finds the distances of an index with exponent %d', (p) => {
  const metric = minkowski(p)
  for (const columns of [1, 2, 3, 5, 6, 7, 13]) {
    const rows = gaussianRows(20, columns, 1)
    const queries = gaussianRows(300, columns, 2)
    const expected = indexRows(rows, metric).nearest(queries, 1).distances
    const found = nearestDistances(rows, metric, queries)
    for (const [i, distance] of found.entries()) expect(distance / expected[i]!).toBeCloseTo(1, 13)
  }
})

it('knows how far away the farthest rows are', () => {
  const rows = matrixOf([
    [1e200, 0],
    [3e200, 4e200],
  ])
  expect(nearestDistances(rows, minkowski(2), matrixOf([[-1e200, 0]]))[0]! / 2e200).toBeCloseTo(1, 13)
  expect(nearestDistances(rows, minkowski(2), matrixOf([[-1.7e308, 1.7e308]]))[0]).toBe(Number.MAX_VALUE)
})
