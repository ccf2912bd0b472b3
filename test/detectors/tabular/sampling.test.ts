import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { sampling } from '../../../src/detectors/tabular/sampling.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>, options = {}, seed = 1) =>
  sampling.fit(data, sampling.options.parse(options), { random: createRandom(seed) })
const zeros = (scores: Float64Array) => scores.filter((score) => score === 0).length

it('is the distance to the nearest row of the sample', () => {
  const data = matrixOf([
    [0, 0],
    [10, 0],
  ])
  const query = matrixOf([
    [3, 4],
    [13, -4],
  ])
  expect([...learn(data, { subset_size: 2 }).model.score(query)]).toEqual([5, 5])
  expect([...learn(data, { subset_size: 2, metric: 'manhattan' }).model.score(query)]).toEqual([7, 7])
  expect([...learn(data, { subset_size: 2, metric: 'chebyshev' }).model.score(query)]).toEqual([4, 4])
})

it('draws so many different rows, or such a share of them', () => {
  const data = gaussianRows(50, 2)
  expect(zeros(learn(data).trainScores)).toBe(20)
  expect(zeros(learn(data, { subset_size: 50 }).trainScores)).toBe(50)
  expect(zeros(learn(data, { subset_size: 0.3 }).trainScores)).toBe(15)
  expect(zeros(learn(data, { subset_size: 0.001 }).trainScores)).toBe(1)
  expect(() => learn(gaussianRows(19, 2))).toThrow(/needs at least 20 rows.*lower subset_size/)
})

it('draws by its own seed where it has one', () => {
  const data = gaussianRows(50, 2)
  const own = (seed: number) => learn(data, { random_state: 7 }, seed).trainScores
  expect(own(1)).toEqual(own(2))
  expect(learn(data, {}, 1).trainScores).not.toEqual(learn(data, {}, 2).trainScores)
})
