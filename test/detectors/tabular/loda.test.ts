import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { loda } from '../../../src/detectors/tabular/loda.ts'
import { areaUnderCurve, gaussianRows, matrixOf } from '../samples.ts'

const learn = (data = gaussianRows(200, 5), options = {}, seed = 1) =>
  loda.fit(data, loda.options.parse(options), { random: createRandom(seed) })
const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))

it('scores by the bin that holds a row, and outside all as by an empty bin', () => {
  // Four bins of three, one, no and two values, whatever the weight of the only column is.
  const { model, trainScores } = learn(column([0, 1, 1.5, 3, 7, 8]), { n_bins: 4, n_random_cuts: 1 })
  const counts = [3, 3, 3, 1, 2, 2]
  expect(Array.from(trainScores)).toEqual(counts.map((count) => expect.closeTo(-Math.log(count / 6), 9)))
  const empty = -Math.log(1e-12 / 6)
  expect(Array.from(model.score(column([5, -1, 9, Number.MAX_VALUE])))).toEqual(
    [empty, empty, empty, empty].map((score) => expect.closeTo(score, 9)),
  )
})

it('divides the mean over the cuts by their number, as PyOD does', () => {
  const rows = column([0, 1, 1.5, 3, 7, 8])
  const one = learn(rows, { n_bins: 4, n_random_cuts: 1 }).trainScores
  const ten = learn(rows, { n_bins: 4, n_random_cuts: 10 }).trainScores
  // A direction may be negative, which exchanges the ends but not who lies inside a bin.
  expect(ten[1]).toBeCloseTo(one[1]! / 10, 9)
})

it('takes as many columns for each cut as the root of their number', () => {
  const { state } = learn(gaussianRows(50, 10), { n_random_cuts: 7 }).model
  expect(state.columns).toHaveLength(21)
  expect(state.bins).toEqual(new Int32Array(7).fill(10))
})

it('auto chooses the bins of each cut, and outliers come out on top', () => {
  const rows = gaussianRows(300, 4)
  for (let row = 0; row < 15; row++) rows.data.fill(5 + row / 5, row * 4, row * 4 + 3)
  const { model, trainScores } = learn(rows, { n_bins: 'auto' })
  expect(new Set(model.state.bins as Int32Array).size).toBeGreaterThan(1)
  expect(
    areaUnderCurve(
      trainScores,
      Array.from(trainScores, (_, row) => (row < 15 ? 1 : 0)),
    ),
  ).toBeGreaterThan(0.95)
})

it('does not change with the unit or the level of the data', () => {
  const rows = gaussianRows(100, 3)
  const { trainScores } = learn(rows)
  for (const unit of [2 ** -900, 2 ** 900])
    expect(learn({ ...rows, data: rows.data.map((value) => value * unit) }).trainScores).toEqual(trainScores)
})

it('honours random_state over the given randomness', () => {
  const scores = (options: object, seed: number) => learn(undefined, options, seed).trainScores
  expect(scores({ random_state: 7 }, 1)).toEqual(scores({ random_state: 7 }, 2))
  expect(scores({ random_state: 7 }, 1)).not.toEqual(scores({ random_state: 8 }, 1))
  expect(scores({}, 1)).not.toEqual(scores({}, 2))
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn().model
  for (const damage of [
    { bins: Int32Array.of(9) },
    { columns: (state.columns as Int32Array).map(() => 5) },
    { directions: Float64Array.of(1) },
    { origin: Float64Array.of(1) },
  ])
    expect(() => loda.restore({ ...state, ...damage })).toThrow(/not the state of a LODA model/)
})
