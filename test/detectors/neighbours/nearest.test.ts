import { describe, expect, it } from 'vitest'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { extend, type Metric, minkowski, toDistance } from '../../../src/detectors/neighbours/metric.ts'
import { indexRows, type Nearest } from '../../../src/detectors/neighbours/nearest.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const metrics = { euclidean: 2, manhattan: 1, chebyshev: Number.POSITIVE_INFINITY, 'p = 3': 3 }

/** Every pair compared, sorted by distance and then by row. */
function byDefinition(
  training: Matrix,
  queries: Matrix,
  neighbours: number,
  metric: Metric,
  own = false,
): Nearest {
  const indices = new Int32Array(queries.rows * neighbours)
  const distances = new Float64Array(queries.rows * neighbours)
  for (let query = 0; query < queries.rows; query++) {
    const pairs = Array.from({ length: training.rows }, (_, row) => {
      let reduced = 0
      for (let j = 0; j < training.columns; j++)
        reduced = extend(
          metric,
          reduced,
          queries.data[query * training.columns + j]! - training.data[row * training.columns + j]!,
        )
      return { row, reduced }
    }).filter(({ row }) => !(own && row === query))
    pairs.sort((a, b) => a.reduced - b.reduced || a.row - b.row)
    pairs.slice(0, neighbours).forEach(({ row, reduced }, i) => {
      indices[query * neighbours + i] = row
      distances[query * neighbours + i] = toDistance(metric, reduced)
    })
  }
  return { indices, distances }
}

describe.each(Object.entries(metrics))('%s', (_, p) => {
  const metric = minkowski(p)

  it.each([1, 3, 6, 10, 21])('finds what comparing all pairs finds, in %i columns', (columns) => {
    const training = gaussianRows(150, columns, columns)
    const queries = gaussianRows(70, columns, 50)
    const index = indexRows(training, metric)
    for (const neighbours of [1, 25]) {
      expect(index.nearest(queries, neighbours)).toEqual(byDefinition(training, queries, neighbours, metric))
      expect(index.nearestOfOwn(neighbours)).toEqual(
        byDefinition(training, training, neighbours, metric, true),
      )
    }
  })

  it.each([1, 2, 7])(
    'puts the row of the lower number first where distances are equal, in %i columns',
    (columns) => {
      const whole = (rows: number, seed: number): Matrix => {
        const matrix = gaussianRows(rows, columns, seed)
        return { ...matrix, data: matrix.data.map((value) => Math.round(value)) }
      }
      const training = whole(200, 3)
      const queries = whole(70, 4)
      const index = indexRows(training, metric)
      for (const neighbours of [5, 30]) {
        expect(index.nearest(queries, neighbours)).toEqual(
          byDefinition(training, queries, neighbours, metric),
        )
        expect(index.nearestOfOwn(neighbours)).toEqual(
          byDefinition(training, training, neighbours, metric, true),
        )
      }
    },
  )
})

const euclidean = minkowski(2)

it('takes the first of many rows at one place', () => {
  const training = matrixOf(Array.from({ length: 500 }, (_, i) => (i % 5 === 4 ? [i, -i] : [7, 7])))
  const index = indexRows(training, euclidean)
  const own = index.nearestOfOwn(30)
  expect(own).toEqual(byDefinition(training, training, 30, euclidean, true))
  expect(own.indices.slice(0, 5)).toEqual(Int32Array.of(1, 2, 3, 5, 6))
  expect(own.indices.slice(30 * 490, 30 * 490 + 5)).toEqual(Int32Array.of(0, 1, 2, 3, 5))
})

it('finds the same for one query at a time and for many at once', () => {
  const training = gaussianRows(900, 4, 1)
  const queries = gaussianRows(200, 4, 2)
  const { indices, distances } = indexRows(training, euclidean).nearest(queries, 6)
  const index = indexRows(training, euclidean)
  for (let query = 0; query < queries.rows; query++) {
    const one = index.nearest({ data: queries.data.slice(query * 4, query * 4 + 4), rows: 1, columns: 4 }, 6)
    expect(one.indices).toEqual(indices.slice(query * 6, query * 6 + 6))
    expect(one.distances).toEqual(distances.slice(query * 6, query * 6 + 6))
  }
})

it.each([1, 0.5, 8])('tells the distances alone, of each query once, of values rounded to %d', (step) => {
  const round = (matrix: Matrix): Matrix => ({
    ...matrix,
    data: matrix.data.map((value) => Math.round(value / step) * step),
  })
  const training = round(gaussianRows(300, 3, 1))
  const queries = round(gaussianRows(90, 3, 2))
  const index = indexRows(training, euclidean)
  const gather = (
    count: number,
    search: (receive: (query: number, distances: Float64Array) => void) => void,
  ) => {
    const told = new Map<number, number[]>()
    search((query, distances) => {
      expect(told.has(query)).toBe(false)
      told.set(query, Array.from(distances))
    })
    return Array.from({ length: count }, (_, query) => told.get(query) ?? []).flat()
  }
  expect(gather(300, (receive) => index.distancesOfOwn(4, receive))).toEqual(
    Array.from(index.nearestOfOwn(4).distances),
  )
  expect(gather(90, (receive) => index.distances(queries, 4, receive))).toEqual(
    Array.from(index.nearest(queries, 4).distances),
  )
})

describe('rows so far apart that squares overflow', () => {
  it.each([50, 300])('are still in the order of their distance, among %i rows', (rows) => {
    const training = gaussianRows(rows, 2, 5)
    training.data[0] = 1e200
    training.data[2] = -3e200
    training.data[4] = 1.7e308
    training.data[6] = -1.7e308
    const { indices, distances } = indexRows(training, euclidean).nearestOfOwn(2)
    expect(distances.every(Number.isFinite)).toBe(true)
    expect(distances[2]).toBeCloseTo(3e200, -190)
    expect(distances[4]).toBeCloseTo(1.7e308, -300)
    expect(indices[4]).toBe(0)
    expect(indices.every((row) => row >= 0 && row < rows)).toBe(true)
  })
})

it('indexes that are asked in turn, one even while another answers, do not disturb each other', () => {
  const metric = minkowski(2)
  const few = { training: gaussianRows(200, 3, 1), queries: gaussianRows(70, 3, 2) }
  const many = { training: gaussianRows(900, 6, 3), queries: gaussianRows(150, 6, 4) }
  const small = indexRows(few.training, metric)
  const large = indexRows(many.training, metric)
  const ofSmall = byDefinition(few.training, few.queries, 4, metric)
  const ofLarge = byDefinition(many.training, many.queries, 4, metric)
  const indices = new Int32Array(ofSmall.indices.length)
  small.eachNearest(few.queries, 4, (query, _, found) => {
    indices.set(found, query * 4)
    if (query % 20 === 0) expect(large.nearest(many.queries, 4)).toEqual(ofLarge)
  })
  expect(indices).toEqual(ofSmall.indices)
})
