import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { deepSvdd } from '../../../src/detectors/tabular/deep-svdd.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const small = { hidden_neurons: [8, 4], epochs: 3 }
const learn = (options = {}, data = gaussianRows(100, 3), seed = 1) =>
  deepSvdd.fit(data, deepSvdd.options.parse({ ...small, ...options }), { random: createRandom(seed) })
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

it('scores by the squared distance to the centre', () => {
  const { state } = learn({
    hidden_neurons: [1],
    hidden_activation: 'identity',
    preprocessing: false,
    c: 2,
  }).model
  const numbers = Float32Array.of(1, -2, 0.5)
  const model = deepSvdd.restore({ ...state, numbers })
  // Outputs of 4 and of -3.
  const scores = model.score(
    matrixOf([
      [1, -1, 2],
      [0, 2, 2],
    ]),
  )
  expect(Array.from(scores)).toEqual([4, 25])
})

it('draws training rows to the centre', () => {
  const options = { learning_rate: 0.01 }
  expect(mean(learn({ ...options, epochs: 30 }).trainScores)).toBeLessThan(
    0.5 * mean(learn({ ...options, epochs: 1 }).trainScores),
  )
})

it('takes the mean of the first outputs for the centre, at least 0.1 from 0 except for units that are off', () => {
  const centre = learn().model.state.centre as Float64Array
  expect(centre).toHaveLength(4)
  expect(centre.every((value) => value === 0 || value >= 0.1)).toBe(true)
  expect(centre.some((value) => value > 0)).toBe(true)
  const constant = matrixOf(Array.from({ length: 50 }, () => [7, 7]))
  expect(learn({}, constant).model.state.centre).toEqual(new Float64Array(4).fill(0.1))
})

it('takes a given centre, which is not all zeros and as wide as the outputs', () => {
  expect(learn({ c: 0.5 }).model.state.centre).toEqual(new Float64Array(4).fill(0.5))
  expect(learn({ c: [1, 0, 2, 3] }).model.state.centre).toEqual(Float64Array.of(1, 0, 2, 3))
  expect(() => learn({ c: [1, 2] })).toThrow(/a centre c of 2 coordinates for outputs of 4/)
  expect(deepSvdd.options.safeParse({ c: 0 }).success).toBe(false)
  expect(deepSvdd.options.safeParse({ c: [0, 0] }).success).toBe(false)
})

it('mirrors the layers for use_ae, without biases', () => {
  const { state } = learn({ use_ae: true }).model
  expect(state.centre).toHaveLength(3)
  expect(state.numbers).toHaveLength(2 * (3 * 8 + 8 * 4))
  expect(learn().model.state.numbers).toHaveLength(3 * 8 + 8 * 4)
})

it('thins out only layers between the first and the last', () => {
  const scores = (options: object) => learn({ ...options }).trainScores
  expect(scores({ dropout_rate: 0.5 })).toEqual(scores({ dropout_rate: 0 }))
  const three = { hidden_neurons: [8, 6, 4] }
  expect(scores({ ...three, dropout_rate: 0.5 })).not.toEqual(scores({ ...three, dropout_rate: 0 }))
})

it('honours random_state over the given randomness', () => {
  const scores = (options: object, seed: number) => learn(options, undefined, seed).trainScores
  expect(scores({ random_state: 7 }, 1)).toEqual(scores({ random_state: 7 }, 2))
  expect(scores({}, 1)).not.toEqual(scores({}, 2))
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn().model
  for (const damage of [
    { centre: Float64Array.of(1) },
    { centre: new Float64Array(4).fill(Number.NaN) },
    { hidden: Int32Array.of(8, 5) },
    { mirrored: 1 },
  ])
    expect(() => deepSvdd.restore({ ...state, ...damage })).toThrow(/not the state of a DeepSVDD model/)
})
