import { expect, it } from 'vitest'
import { weightedDistances } from '../../../src/detectors/linear-algebra/weighted-distances.ts'
import { gaussianRows, rowOf } from '../samples.ts'

it.each([
  [1, 1, 1],
  [3, 2, 5],
  [64, 3, 2],
  [65, 1, 3],
  [130, 7, 7],
])('sums the distances of %d rows of %d columns to %d points', (rows, columns, count) => {
  const data = gaussianRows(rows, columns, 1)
  const points = gaussianRows(count, columns, 2).data
  const divisors = Float64Array.from({ length: count }, (_, i) => 0.5 + i)
  const mean = gaussianRows(1, columns, 3).data
  const scale = mean.map((value) => 1 + value * value)
  const judge = weightedDistances({ mean, scale }, points, divisors)
  const scores = judge(data)
  expect(scores).toHaveLength(rows)
  for (let row = 0; row < rows; row++) {
    const z = rowOf(data, row).data.map((value, j) => (value - mean[j]!) / scale[j]!)
    let sum = 0
    for (let i = 0; i < count; i++)
      sum += Math.hypot(...z.map((value, j) => value - points[i * columns + j]!)) / divisors[i]!
    expect(scores[row]! / sum).toBeCloseTo(1, 12)
    expect(judge(rowOf(data, row))).toEqual(scores.subarray(row, row + 1))
  }
})
