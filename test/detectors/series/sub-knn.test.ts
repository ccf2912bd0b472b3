import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { subKnn } from '../../../src/detectors/series/sub-knn.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gaussianRows } from '../samples.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const environment = { random: createRandom(1) }
const train = slidingWindows(seasonalSeries(150), 20)
const test = slidingWindows(seasonalSeries(80, 2), 20)

type Join = (distances: readonly number[]) => number
const largest: Join = (distances) => distances.at(-1)!
const mean: Join = (distances) => distances.reduce((sum, value) => sum + value / distances.length, 0)

describe.each<{ options: object; p?: number; neighbours?: number; join?: Join }>([
  { options: {} },
  { options: { method: 'mean' }, join: mean },
  { options: { method: 'median', n_neighbors: 3 }, neighbours: 3, join: ([, middle]) => middle! },
  { options: { metric: 'l1' }, p: 1 },
  { options: { metric: 'chebyshev' }, p: Number.POSITIVE_INFINITY },
  { options: { p: 3 }, p: 3 },
])('with $options', ({ options, p = 2, neighbours = 5, join = largest }) => {
  const distance = (a: Float64Array, b: Float64Array) => {
    const sizes = a.map((value, j) => Math.abs(value - b[j]!))
    const most = Math.max(...sizes)
    if (most === 0 || p === Number.POSITIVE_INFINITY) return most
    return most * sizes.reduce((sum, size) => sum + (size / most) ** p, 0) ** (1 / p)
  }
  const rowAt = ({ data, columns }: Matrix, row: number) => data.subarray(row * columns, (row + 1) * columns)
  const score = (query: Float64Array, rows: Matrix, skip: number) =>
    join(
      Array.from({ length: rows.rows }, (_, i) => (i === skip ? Infinity : distance(query, rowAt(rows, i))))
        .sort((a, b) => a - b)
        .slice(0, neighbours),
    )

  it.each<[string, Matrix, Matrix]>([
    ['a series', train, test],
    ['windows that do not overlap', gaussianRows(60, 20, 3), gaussianRows(20, 20, 4)],
    ['one huge value', { ...train, data: train.data.map((value, i) => (i === 700 ? 1e200 : value)) }, test],
  ])('is the distance to the nearest windows: %s', (_, rows, queries) => {
    const parsed = subKnn.options.parse({ window_size: 20, ...options })
    const { model, trainScores } = subKnn.fit(rows, parsed, environment)
    trainScores.forEach((ours, i) => {
      expect(ours / score(rowAt(rows, i), rows, i), `training row ${i}`).toBeCloseTo(1, 9)
    })
    model.score(queries).forEach((ours, i) => {
      expect(ours / score(rowAt(queries, i), rows, -1), `row ${i}`).toBeCloseTo(1, 9)
    })
  })
})

it('keeps the series and not its windows', () => {
  const { state } = subKnn.fit(train, subKnn.options.parse({ window_size: 20 }), environment).model
  expect(state.values).toHaveLength(150)
})
