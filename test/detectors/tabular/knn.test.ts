import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { knn } from '../../../src/detectors/tabular/knn.ts'
import { gaussianRows, matrixOf, rowOf } from '../samples.ts'

const environment = { random: createRandom(1) }
const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  knn.fit(data, knn.options.parse(options), environment)

const definitions: Record<string, (a: readonly number[], b: readonly number[]) => number> = {
  euclidean: (a, b) => Math.sqrt(a.reduce((sum, value, j) => sum + (value - b[j]!) ** 2, 0)),
  manhattan: (a, b) => a.reduce((sum, value, j) => sum + Math.abs(value - b[j]!), 0),
  chebyshev: (a, b) => a.reduce((most, value, j) => Math.max(most, Math.abs(value - b[j]!)), 0),
}

function rowsOf({ data, rows, columns }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => Array.from(data.slice(i * columns, (i + 1) * columns)))
}

describe('the tree finds exactly what comparing all pairs finds', () => {
  for (const metric of Object.keys(definitions))
    for (const columns of [1, 2, 5, 6, 7, 20, 21])
      it(`${metric}, ${columns} columns`, () => {
        const train = gaussianRows(400, columns, columns)
        // Rounded: many equal values and duplicates.
        for (let i = 0; i < train.data.length / 2; i++) train.data[i] = Math.round(train.data[i]!)
        const rows = rowsOf(train)
        const { model, trainScores } = learn(train, { metric, n_neighbors: 4 })
        const expected = rows.map((row, i) => {
          const distances = rows.flatMap((other, j) => (i === j ? [] : [definitions[metric]!(row, other)]))
          return distances.sort((a, b) => a - b)[3]!
        })
        for (let i = 0; i < rows.length; i++) expect(trainScores[i]).toBeCloseTo(expected[i]!, 12)

        const queries = gaussianRows(200, columns, 99)
        const bulk = model.score(queries)
        const restored = knn.restore(model.state)
        for (let i = 0; i < 20; i++) expect(restored.score(rowOf(queries, i))[0]).toBe(bulk[i])
      })

  it('p = 3, and p = 0.5, which is no metric at all', () => {
    for (const p of [3, 0.5]) {
      const train = gaussianRows(500, 4, 3)
      const { model } = learn(train, { p })
      const queries = gaussianRows(300, 4, 5)
      const bulk = model.score(queries)
      const restored = knn.restore(model.state)
      for (let i = 0; i < 25; i++) expect(restored.score(rowOf(queries, i))[0]).toBe(bulk[i])
    }
  })

  it('a model that grows its tree between two calls gives the same scores before and after', () => {
    const model = knn.restore(learn(gaussianRows(600, 6)).model.state)
    const queries = gaussianRows(25, 6, 2)
    const before = model.score(queries)
    model.score(gaussianRows(500, 6, 3))
    expect(model.score(queries)).toEqual(before)
  })

  it('distances beyond the largest number are that number', () => {
    const data = matrixOf([[1.7e308], [-1.7e308], [-1.7e308], [0]])
    expect(learn(data, { n_neighbors: 3 }).trainScores[0]).toBe(Number.MAX_VALUE)
    expect(learn(data, { n_neighbors: 3, method: 'mean' }).trainScores[0]).toBeLessThanOrEqual(
      Number.MAX_VALUE,
    )
  })

  it('values far from the rest of their scale', () => {
    const train = gaussianRows(300, 3, 4)
    train.data[0] = 1e200
    train.data[4] = -1e200
    train.data[8] = 1.7e308
    train.data[9] = -1.7e308
    const { model, trainScores } = learn(train, { n_neighbors: 2 })
    expect(trainScores.every(Number.isFinite)).toBe(true)
    const bulk = model.score(train)
    const restored = knn.restore(model.state)
    for (let i = 0; i < 20; i++) expect(restored.score(rowOf(train, i))[0]).toBe(bulk[i])
    expect(trainScores[2]).toBe(1.7e308)
    expect(trainScores[0]).toBeCloseTo(1e200, -190)
  })
})

it('leaves the row itself out of training scores, and only one of its duplicates', () => {
  const data = matrixOf([[0], [0], [0], [1], [3]])
  expect(Array.from(learn(data, { n_neighbors: 2 }).trainScores)).toEqual([0, 0, 0, 1, 3])
  expect(Array.from(learn(data, { n_neighbors: 2 }).model.score(matrixOf([[0], [3]])))).toEqual([0, 2])
})

it('keeps its own copy of the training rows', () => {
  const data = gaussianRows(50, 2)
  const { model } = learn(data)
  const before = model.score(rowOf(data, 0))
  const query = rowOf(data, 0)
  data.data.fill(0)
  expect(model.score(query)).toEqual(before)
})

it('accepts every parameter of PyOD', () => {
  const parameters = {
    contamination: 0.01,
    n_neighbors: 5,
    method: 'mean',
    radius: 1,
    algorithm: 'auto',
    leaf_size: 30,
  }
  expect(() =>
    knn.options.parse({ ...parameters, metric: 'minkowski', p: 2, metric_params: null, n_jobs: -1 }),
  ).not.toThrow()
  expect(() => knn.options.parse({ n_neighbours: 5 })).toThrow()
  expect(() => knn.options.parse({ contamination: 0.6 })).toThrow()
  expect(() => knn.options.parse({ contamination: 0 })).toThrow()
})

describe('the extremes of the training scores', () => {
  for (const metric of Object.keys(definitions))
    for (const columns of [1, 3, 6, 20])
      it(`are those of all scores, bit for bit: ${metric}, ${columns} columns`, () => {
        for (let seed = 1; seed <= 8; seed++) {
          const train = gaussianRows(150 + 40 * seed, columns, seed)
          const { length } = train.data
          // Some seeds with duplicates, some with rows far away.
          if (seed % 3 === 0) for (let i = 0; i < length; i++) train.data[i] = Math.round(train.data[i]! * 2)
          if (seed % 2 === 0) train.data[length - 1] = 1e6
          const { trainExtremes, trainScores } = learn(train, { metric, n_neighbors: 1 + (seed % 6) })
          expect(trainExtremes).toEqual(Float64Array.of(Math.min(...trainScores), Math.max(...trainScores)))
        }
      })

  it('are left to all scores where no tree is grown, and where distances overflow', () => {
    expect(learn(gaussianRows(40, 2, 1)).trainExtremes).toBeUndefined()
    expect(learn(gaussianRows(400, 2, 1), { method: 'mean' }).trainExtremes).toBeUndefined()
    const far = gaussianRows(200, 2, 1)
    far.data.fill(1e200, 0, 2)
    expect(learn(far).trainExtremes).toBeUndefined()
  })
})

describe('bugs of the original', () => {
  it('2.2: fewer rows than the neighbours need is an error of its own that says what is missing', () => {
    expect(() => learn(gaussianRows(5, 6))).toThrow(
      expect.objectContaining({
        code: 'TRAINING_IMPOSSIBLE',
        message: expect.stringMatching(
          /KNN needs at least 6 rows .* got 5: wait for more points, or lower n_neighbors/,
        ),
      }),
    )
    expect(learn(gaussianRows(6, 6)).trainScores).toHaveLength(6)
  })
})
