import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { cblof } from '../../../src/detectors/tabular/cblof.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>, options = {}, seed = 1) =>
  cblof.fit(data, cblof.options.parse(options), { random: createRandom(seed) })
const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const clump = (at: number, size: number) =>
  Array.from({ length: size }, (_, i) => at + (i % 2 === 0 ? 1 : -1))

// Clusters of 20, 16 and 2 rows around 0, 100 and 60.
const clumps = column([...clump(0, 20), ...clump(100, 16), ...clump(60, 2)])
const queries = column([0, 3, 60, 59, 130])

it('measures to the own cluster, from a small one to the nearest large one', () => {
  const { model, trainScores } = learn(clumps, { n_clusters: 3 })
  expect(Array.from(model.score(queries))).toEqual(
    [0, 3, 40, 41, 30].map((score) => expect.closeTo(score, 9)),
  )
  expect(Array.from(trainScores.subarray(34))).toEqual(
    [1, 1, 39, 41].map((score) => expect.closeTo(score, 9)),
  )
})

it('use_weights multiplies by the size of the own cluster', () => {
  const { model } = learn(clumps, { n_clusters: 3, use_weights: true })
  expect(Array.from(model.score(queries))).toEqual(
    [0, 60, 80, 82, 480].map((score) => expect.closeTo(score, 8)),
  )
})

it('alpha, and then beta, say which clusters are large', () => {
  const large = (options: object) => learn(clumps, { n_clusters: 3, ...options }).model.state.large
  expect(large({})).toBe(2)
  expect(large({ alpha: 0.5 })).toBe(2)
  expect(large({ alpha: 0.5, beta: 1.2 })).toBe(1)
  expect(large({ alpha: 0.5, beta: 9 })).toBe(1)
  expect(large({ alpha: 0.99 })).toBe(2)
  expect(large({ alpha: 0.99, beta: 9 })).toBe(3)
})

it('knows only large clusters where none is small', () => {
  expect(learn(gaussianRows(30, 2), { n_clusters: 1 }).model.state.large).toBe(1)
  // Eight clusters of the same size: seven hold less than alpha.
  const { state } = learn(column([0, 10, 20, 30, 40, 50, 60, 70].flatMap((at) => clump(at, 10)))).model
  expect(state.large).toBe(8)
})

it('drops clusters for which too few rows differ', () => {
  const { model, trainScores } = learn(column([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]), { n_clusters: 5 })
  expect(model.state.weights).toHaveLength(2)
  expect(Array.from(trainScores)).toEqual(Array.from({ length: 10 }, () => 0))
})

it('needs a row for each cluster', () => {
  expect(() => learn(gaussianRows(7, 2))).toThrow(/needs at least 8 rows .*lower n_clusters/)
})

it('measures in the unit of the data, however small or large', () => {
  const rows = gaussianRows(100, 3)
  const { trainScores } = learn(rows)
  for (const unit of [2 ** -900, 2 ** 900])
    expect(learn({ ...rows, data: rows.data.map((value) => value * unit) }).trainScores).toEqual(
      trainScores.map((score) => score * unit),
    )
})

it('honours random_state over the given randomness', () => {
  const scores = (options: object, seed: number) => learn(gaussianRows(200, 4), options, seed).trainScores
  expect(scores({ random_state: 7 }, 1)).toEqual(scores({ random_state: 7 }, 2))
  expect(scores({}, 1)).not.toEqual(scores({}, 2))
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn(clumps).model
  for (const damage of [{ large: 0 }, { large: 99 }, { weights: Float64Array.of(1) }, { factor: 0 }])
    expect(() => cblof.restore({ ...state, ...damage })).toThrow(/not the state of a CBLOF model/)
})
