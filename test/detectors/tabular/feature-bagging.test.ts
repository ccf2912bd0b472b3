import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { findDetector } from '../../../src/detectors/index.ts'
import { featureBagging } from '../../../src/detectors/tabular/feature-bagging.ts'
import { knn } from '../../../src/detectors/tabular/knn.ts'
import { areaUnderCurve, gaussianRows } from '../samples.ts'

const bagging = featureBagging(findDetector)
const rows = gaussianRows(120, 6)
const learn = (options = {}, seed = 1, data = rows) =>
  bagging.fit(data, bagging.options.parse({ base_estimator: 'KNN', ...options }), {
    random: createRandom(seed),
  })
const faultsOf = (options: object) =>
  bagging.options.safeParse(options).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

it('is its detector where every member sees all columns', () => {
  const one = gaussianRows(50, 1)
  const alone = knn.fit(one, knn.options.parse({}), { random: createRandom(1) })
  const { model, trainScores } = learn({ n_estimators: 4 }, 1, one)
  expect(trainScores).toEqual(alone.trainScores)
  expect(model.score(one)).toEqual(alone.model.score(one))
})

it('shows each member half of the columns at least and max_features at most', () => {
  const sizes = (options: object) =>
    new Set(learn({ n_estimators: 60, ...options }).model.state.counts as Int32Array)
  expect(sizes({})).toEqual(new Set([3, 4, 5, 6]))
  expect(sizes({ max_features: 0.7 })).toEqual(new Set([3, 4]))
  expect(sizes({ max_features: 5 })).toEqual(new Set([3, 4, 5]))
  expect(sizes({ max_features: 0.1 })).toEqual(new Set([3]))
  const { counts, subspaces } = learn({ bootstrap_features: true, n_estimators: 1 }).model.state
  expect(subspaces).toHaveLength((counts as Int32Array)[0]!)
})

it('averages its members or takes the largest', () => {
  const average = learn({ n_estimators: 5 }).model.score(rows)
  const largest = learn({ n_estimators: 5, combination: 'max' }).model.score(rows)
  expect(largest.every((score, row) => score >= average[row]!)).toBe(true)
  expect(largest).not.toEqual(average)
})

it('gives the members their options', () => {
  const one = learn({ estimator_params: { n_neighbors: 1 } }).trainScores
  const many = learn({ estimator_params: { n_neighbors: 30 } }).trainScores
  expect(one.every((score, row) => score < many[row]!)).toBe(true)
})

it('is made of LOF unless told otherwise', () => {
  const labels = Array.from({ length: 120 }, (_, row) => (row < 6 ? 1 : 0))
  const data = { ...rows, data: rows.data.slice() }
  for (let row = 0; row < 6; row++) data.data.fill(4 + row / 3, row * 6, row * 6 + 5)
  for (const base_estimator of ['LOF', null]) {
    const { model, trainScores } = learn({ base_estimator }, 1, data)
    expect(model.state['0']).toBe('LOF')
    expect(areaUnderCurve(trainScores, labels)).toBeGreaterThan(0.9)
  }
})

it('refuses detectors that do not exist, that judge a series, and options that are not theirs', () => {
  expect(faultsOf({ base_estimator: 'iforest', estimator_params: { n_estimators: 5 } })).toBeUndefined()
  expect(faultsOf({ base_estimator: 'KNNN' })).toEqual(['base_estimator: there is no detector "KNNN"'])
  expect(faultsOf({ base_estimator: 'SpectralResidual' })?.[0]).toMatch(/^base_estimator: .* judges a series/)
  expect(faultsOf({ base_estimator: 'KNN', estimator_params: { k: 3, n_neighbors: 0 } })).toEqual([
    expect.stringMatching(/^estimator_params\.n_neighbors: KNN: /),
    expect.stringMatching(/^estimator_params: KNN: Unrecognized key: "k"/),
  ])
})

it('may be a member itself', () => {
  const nested = {
    base_estimator: 'FeatureBagging',
    estimator_params: { base_estimator: 'HBOS' },
    n_estimators: 2,
  }
  const { model } = learn(nested)
  expect(bagging.restore(structuredClone(model.state)).score(rows)).toEqual(model.score(rows))
})

it('honours random_state over the given randomness', () => {
  expect(learn({ random_state: 7 }, 1).trainScores).toEqual(learn({ random_state: 7 }, 2).trainScores)
  expect(learn({ random_state: 7 }).trainScores).not.toEqual(learn({ random_state: 8 }).trainScores)
})

it('refuses a state whose members are not what they were', () => {
  const { state } = learn({ n_estimators: 2 }).model
  for (const damage of [
    { 1: 'NoSuch' },
    { counts: new Int32Array() },
    { subspaces: (state.subspaces as Int32Array).map(() => 6) },
  ])
    expect(() => bagging.restore({ ...state, ...damage })).toThrow(/not the state of a FeatureBagging model/)
})
