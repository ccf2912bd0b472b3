import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { negativeSamples } from '../../../src/detectors/networks/negative-samples.ts'
import { lunar } from '../../../src/detectors/tabular/lunar.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (options = {}, data = gaussianRows(60, 2), seed = 1) =>
  lunar.fit(data, lunar.options.parse({ n_epochs: 5, ...options }), { random: createRandom(seed) })
const negatives = (kind: 'UNIFORM' | 'SUBSPACE' | 'MIXED', options = {}) =>
  negativeSamples(
    { data: Float64Array.from({ length: 300 }, (_, i) => i % 3), rows: 100, columns: 3 },
    { kind, proportion: 1, epsilon: 0.1, random: createRandom(1), ...options },
  )
const rowsOf = ({ data, columns }: ReturnType<typeof negatives>) =>
  Array.from({ length: data.length / columns }, (_, row) =>
    Array.from(data.subarray(row * columns, (row + 1) * columns)),
  )

it('makes up outliers anywhere, near rows, or of both', () => {
  const uniform = negatives('UNIFORM')
  expect(uniform.data.every((value) => value >= 0 && value <= 2)).toBe(true)
  expect(new Set(uniform.data).size).toBe(300)
  const near = rowsOf(negatives('SUBSPACE'))
  const kept = near.flat().filter((value, i) => value === i % 3).length
  expect(kept / 300).toBeCloseTo(0.7, 1)
  expect(near.every((row) => row.every((value, j) => Math.abs(value - j) < 0.5))).toBe(true)
  const mixed = rowsOf(negatives('MIXED')).filter((row) => row.every((value, j) => Math.abs(value - j) < 0.5))
  expect(mixed.length).toBeGreaterThan(30)
  expect(mixed.length).toBeLessThan(70)
})

it('makes as many of them as are asked for, and at least one', () => {
  expect(negatives('MIXED', { proportion: 0.25 }).rows).toBe(25)
  expect(negatives('MIXED', { proportion: 1e-9 }).rows).toBe(1)
  // 54 rows to train on and 27 made up.
  expect(learn({ proportion: 0.5 }).model.state.candidates).toMatchObject({ rows: 81, columns: 2 })
})

it('scores between the least and the greatest of the distances, whatever their weights are', () => {
  const { model } = learn({ n_epochs: 1 })
  const line = matrixOf([0.3, 1, 2, 3, 40, 50].map((place) => [place * 5, place * 5]))
  const scores = Array.from(model.score(line))
  expect(scores).toEqual(scores.toSorted((a, b) => a - b))
})

it('a network of its own judges with SCORE, in 0..1', () => {
  const { trainScores, model } = learn({ model_type: 'SCORE', n_epochs: 20 })
  expect([...trainScores].every((score) => score > 0 && score < 1)).toBe(true)
  const { numbers } = model.state
  expect(numbers).toHaveLength(5 * 256 + 256 + 2 * (256 * 256 + 256) + 256 + 1)
})

it('scores training rows with themselves left out, and the validation rows as new ones', () => {
  const rows = gaussianRows(60, 2)
  const { model, trainScores } = learn()
  const scores = model.score(rows)
  const same = scores.filter((score, row) => score === trainScores[row])
  expect(same).toHaveLength(6)
})

it('brings columns to one scale, unless scaler is false', () => {
  const rows = gaussianRows(60, 2)
  const larger = { ...rows, data: rows.data.map((value, i) => (i % 2 === 0 ? value * 1024 : value)) }
  expect(learn({}, larger).trainScores).toEqual(learn({}, rows).trainScores)
  expect(learn({ scaler: false }, larger).trainScores).not.toEqual(learn({ scaler: false }, rows).trainScores)
})

it('takes other metrics, and honours random_state', () => {
  for (const metric of ['l1', 'chebyshev']) {
    const { model, trainScores } = learn({ metric })
    const rows = gaussianRows(9, 2, 5)
    expect(lunar.restore(model.state).score(rows)).toEqual(model.score(rows))
    expect(trainScores).not.toEqual(learn().trainScores)
  }
  expect(learn({ random_state: 3 }, undefined, 1).trainScores).toEqual(
    learn({ random_state: 3 }, undefined, 2).trainScores,
  )
})

it('says how many rows it needs beside those for validation', () => {
  const few = (count: number, options = {}) => learn(options, gaussianRows(count, 2))
  expect(() => few(6)).toThrow(/needs at least 7 rows/)
  expect(few(7).trainScores).toHaveLength(7)
  expect(() => few(11, { val_size: 0.5 })).toThrow(/needs at least 12 rows/)
  expect(few(12, { val_size: 0.5 }).trainScores).toHaveLength(12)
})

it('refuses a state whose parts do not fit together', () => {
  const { state } = learn().model
  for (const damage of [
    { neighbours: 4 },
    { neighbours: 1e9 },
    { kind: 'SCORE' },
    { p: -1 },
    { mean: Float64Array.of(1), scale: Float64Array.of(1) },
  ])
    expect(() => lunar.restore({ ...state, ...damage })).toThrow(/not the state of a LUNAR model/)
})
