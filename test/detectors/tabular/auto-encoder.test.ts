import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { autoEncoder } from '../../../src/detectors/tabular/auto-encoder.ts'
import { gaussianRows, matrixOf, rowOf } from '../samples.ts'

const learn = (data = gaussianRows(200, 3), options = {}, seed = 1) =>
  autoEncoder.fit(data, autoEncoder.options.parse(options), { random: createRandom(seed) })
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

it('rebuilds rows of one direction through one number, and not what leaves it', () => {
  const random = createRandom(2)
  const line = matrixOf(
    Array.from({ length: 300 }, () => {
      const place = 2 * random.next() - 1
      return [place, 2 * place, -place]
    }),
  )
  const options = {
    hidden_neuron_list: [8, 1],
    hidden_activation_name: 'tanh',
    batch_norm: false,
    dropout_rate: 0,
    epoch_num: 100,
    lr: 0.01,
  }
  const { model, trainScores } = learn(line, options)
  expect(mean(trainScores)).toBeLessThan(0.3)
  expect(model.score(matrixOf([[0.5, -1, 0.5]]))[0]).toBeGreaterThan(1)
})

it('explains a score by the squares whose root it is', () => {
  const { model } = learn()
  const row = rowOf(gaussianRows(10, 3, 4), 3)
  const shares = model.explain!(row)
  expect(Math.sqrt(shares.reduce((sum, share) => sum + share, 0))).toBeCloseTo(model.score(row)[0]!, 12)
})

it('does not change with the unit of a column, unless preprocessing is off', () => {
  const rows = gaussianRows(100, 2)
  const larger = { ...rows, data: rows.data.map((value, i) => (i % 2 === 0 ? value * 1024 : value)) }
  const scores = (preprocessing: boolean, data = rows) =>
    learn(data, { preprocessing, epoch_num: 1 }).trainScores
  expect(scores(true, larger)).toEqual(scores(true))
  expect(scores(false, larger)).not.toEqual(scores(false))
})

it('honours random_state, and takes the given randomness for null', () => {
  const scores = (options: object, seed: number) =>
    learn(undefined, { ...options, epoch_num: 1 }, seed).trainScores
  expect(scores({}, 1)).toEqual(scores({}, 2))
  expect(scores({ random_state: 7 }, 1)).not.toEqual(scores({}, 1))
  expect(scores({ random_state: null }, 1)).not.toEqual(scores({ random_state: null }, 2))
})

it('says when steps were too long to come to numbers', () => {
  const rows = gaussianRows(64, 3)
  const far = { ...rows, data: rows.data.map((value) => value * 1e9) }
  expect(() => learn(far, { preprocessing: false, optimizer_name: 'sgd', batch_norm: false })).toThrow(
    /AutoEncoder came to weights that are not finite/,
  )
})

it('refuses a state whose numbers are not those of its layers', () => {
  const { state } = learn(undefined, { epoch_num: 1 }).model
  for (const damage of [
    { hidden: Int32Array.of(64, 31) },
    { hidden: Int32Array.of(0) },
    { numbers: (state.numbers as Float32Array).map(() => Number.NaN) },
    { scale: Float64Array.of(1) },
  ])
    expect(() => autoEncoder.restore({ ...state, ...damage })).toThrow(/not the state of a AutoEncoder model/)
})
