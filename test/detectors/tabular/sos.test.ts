import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { sos } from '../../../src/detectors/tabular/sos.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>, options = {}) =>
  sos.fit(data, sos.options.parse(options), { random: createRandom(1) })
const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))

it('gives each training row the perplexity that is asked for', () => {
  const data = gaussianRows(80, 3)
  for (const perplexity of [2, 4.5, 30]) {
    const { precision } = learn(data, { perplexity, eps: 1e-6 }).model.state as { precision: Float64Array }
    for (let i = 0; i < data.rows; i++) {
      const distances = Array.from({ length: data.rows }, (_, k) =>
        Math.hypot(...[0, 1, 2].map((j) => data.data[i * 3 + j]! - data.data[k * 3 + j]!)),
      ).filter((_, k) => k !== i)
      const least = Math.min(...distances)
      const exponents = distances.map((distance) => precision[i]! * (distance - least))
      const total = exponents.reduce((sum, exponent) => sum + Math.exp(-exponent), 0)
      const entropy = exponents.reduce((sum, e) => sum + (Math.exp(-e) / total) * e, Math.log(total))
      expect(Math.abs(entropy - Math.log(perplexity))).toBeLessThan(1.1e-6)
    }
  }
})

it('binds all rows alike where the perplexity is their number', () => {
  const { trainScores } = learn(column([0, 1, 5]), { perplexity: 2 })
  for (const score of trainScores) expect(score).toBeCloseTo(0.25, 2)
})

it('lets only the nearest bind where more are equally near than the perplexity', () => {
  const { model, trainScores } = learn(column([0, 0, 0, 0, 9]), { perplexity: 2 })
  // Each zero binds to the three others, and the nine to the four zeros.
  expect(trainScores[0]).toBeCloseTo((2 / 3) ** 3 * (3 / 4), 12)
  expect(trainScores[4]).toBe(1)
  const [zero, near, nine] = model.score(column([0, 1, 9]))
  expect(zero).toBeCloseTo((3 / 4) ** 4 * (4 / 5), 12)
  // One is nearer to the nine than all zeros are.
  expect(near).toBe(0)
  expect(nine).toBe(0)
})

it('scores a row far from all with 1', () => {
  const { model } = learn(gaussianRows(50, 2))
  expect([
    ...model.score(
      matrixOf([
        [1e5, 0],
        [1e200, 1e200],
      ]),
    ),
  ]).toEqual([1, 1])
})

it('finds affinities of any unit', () => {
  const data = gaussianRows(60, 2)
  const { trainScores } = learn(data, { eps: 1e-9 })
  for (const unit of [1e-90, 1e-6, 1e6, 1e90]) {
    const scaled = { ...data, data: data.data.map((value) => value * unit) }
    const scores = learn(scaled, { eps: 1e-9 }).trainScores
    for (let i = 0; i < data.rows; i++) expect(scores[i]).toBeCloseTo(trainScores[i]!, 7)
  }
})

it('needs more rows than the perplexity', () => {
  expect(() => learn(column([1, 2, 3, 4, 5]))).toThrow(/needs at least 6 rows.*lower perplexity/)
})
