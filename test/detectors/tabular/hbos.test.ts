import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { hbos } from '../../../src/detectors/tabular/hbos.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const learn = (data: ReturnType<typeof column>, options = {}) =>
  hbos.fit(data, hbos.options.parse(options), { random: createRandom(1) })
const strangeness = (density: number, alpha = 0.1) => expect.closeTo(-Math.log2(density + alpha), 12)

// Four bins of width 2: three values, one, none, two.
const values = [0, 1, 1.5, 3, 7, 8]
const four = { n_bins: 4 }

it('a value is as strange as its bin is empty', () => {
  const { model, trainScores } = learn(column(values), four)
  expect(Array.from(trainScores)).toEqual([3, 3, 3, 1, 2, 2].map((count) => strangeness(count / 12)))
  expect(model.score(column([5]))[0]).toEqual(strangeness(0))
})

it('a value on an edge is judged by the bin below', () => {
  expect(learn(column(values), four).model.score(column([2, 4]))).toEqual(
    Float64Array.of(-Math.log2(3 / 6 / 2 + 0.1), -Math.log2(1 / 6 / 2 + 0.1)),
  )
})

it('outside the bins, tol decides', () => {
  const outside = column([-0.9, -1.1, 8.9, 9.1])
  const [near, far] = [strangeness(3 / 12), strangeness(0)]
  expect(Array.from(learn(column(values), four).model.score(outside))).toEqual([
    near,
    far,
    strangeness(2 / 12),
    far,
  ])
  expect(Array.from(learn(column(values), { n_bins: 4, tol: 0.1 }).model.score(outside))).toEqual([
    far,
    far,
    far,
    far,
  ])
})

it('alpha limits how strange an empty bin is', () => {
  expect(learn(column(values), { n_bins: 4, alpha: 0.5 }).model.score(column([5]))[0]).toBe(1)
})

it('auto takes more bins where the values need them', () => {
  const clumps = column(Array.from({ length: 400 }, (_, i) => (i % 4) * 10 + (i % 7) / 20))
  expect(Array.from(learn(clumps, { n_bins: 'auto' }).model.state.counts as Int32Array)[0]).toBeGreaterThan(4)
  const flat = column(Array.from({ length: 400 }, (_, i) => i))
  expect(Array.from(learn(flat, { n_bins: 'auto' }).model.state.counts as Int32Array)).toEqual([1])
})

it.each([0, 0.1, 7, -3e9, 1e300, Number.MAX_VALUE])('the constant %s is the least strange value', (value) => {
  const { model, trainScores } = learn(column(Array.from({ length: 30 }, () => value)))
  const [same, above, below] = model.score(column([value, value * 1.5 + 2, value * 0.5 - 2]))
  expect(same).toBe(trainScores[0])
  for (const other of [above!, below!]) expect(other).toBeGreaterThanOrEqual(same!)
  // Beside alpha the densities of huge values are nothing.
  if (Math.abs(value) < 1e10) expect(below).toBeGreaterThan(same!)
})

it('explains by how much stranger than usual each column is', () => {
  const { model } = learn(gaussianRows(200, 3))
  const [usual, odd, other] = model.explain!(matrixOf([[0, 50, 1.5]]))
  expect(usual).toBeLessThan(0.5)
  expect(odd).toBeGreaterThan(other!)
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn(column(values)).model
  for (const counts of [Int32Array.of(9), Int32Array.of(10, 1), Int32Array.of(), Int32Array.of(-1, 11)])
    expect(() => hbos.restore({ ...state, counts })).toThrow(/not the state of a HBOS model/)
})
