import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { rod } from '../../../src/detectors/tabular/rod.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>) =>
  rod.fit(data, rod.options.parse({}), { random: createRandom(1) })

it('judges one column as three, two of which are zero', () => {
  // The median is 10, and all others are to its one or its other side.
  const { model, trainScores } = learn(matrixOf([8, 9, 10, 12, 15].map((value) => [value])))
  // At an angle of 0, or of half a turn; scaled, of 0.001 and of 2.186.
  const cost = (way: number) => {
    const angle = way < 0 ? 2.186 : 0.001
    return Math.abs(way) ** 3 * Math.cos(angle) * Math.sin(angle) ** 2
  }
  const costs = [-2, -1, 0, 2, 5].map((way) => cost(way))
  const median = costs.toSorted((a, b) => a - b)[2]!
  const deviations = costs.map((value) => Math.abs(value - median))
  const unit = deviations.toSorted((a, b) => a - b)[2]!
  // The median is found to 1e-5.
  for (let i = 0; i < 5; i++) expect(trainScores[i]).toBeCloseTo((0.6745 * deviations[i]!) / unit, 0)
  expect(model.score(matrixOf([[8], [15]]))).toEqual(Float64Array.of(trainScores[0]!, trainScores[4]!))
})

it('joins all sets of three of more columns by the mean of their sigmoids', () => {
  const { model, trainScores } = learn(gaussianRows(100, 5))
  expect((model.state.rotations as Float64Array).length).toBe(10 * 9)
  expect(Math.min(...trainScores)).toBeGreaterThanOrEqual(0.5)
  expect(Math.max(...trainScores)).toBeLessThanOrEqual(1)
})

it('does not depend on the unit of the columns', () => {
  for (const columns of [2, 5]) {
    const data = gaussianRows(60, columns)
    const { trainScores } = learn(data)
    const huge = learn({ ...data, data: data.data.map((value) => value * 2 ** 900) }).trainScores
    for (let i = 0; i < data.rows; i++) expect(huge[i]! / trainScores[i]!).toBeCloseTo(1, 2)
  }
})

it('counts a row that is there twice once for the median', () => {
  const data = gaussianRows(40, 3)
  const twice = matrixOf(
    Array.from({ length: 80 }, (_, i) => [...data.data.subarray((i % 40) * 3, (i % 40) * 3 + 3)]),
  )
  const [once, both] = [learn(data), learn(twice)].map(({ model }) => model.state.rotations as Float64Array)
  for (let i = 0; i < 3; i++) expect(both![i]).toBeCloseTo(once![i]!, 12)
})

it('has a unit where most costs are the same', () => {
  const { model, trainScores } = learn(matrixOf(Array.from({ length: 30 }, (_, i) => [i === 7 ? 9 : 5])))
  expect(trainScores[7]).toBeGreaterThan(3)
  expect(trainScores[0]).toBeLessThan(1)
  const constant = learn(matrixOf(Array.from({ length: 30 }, () => [5, 5, 5])))
  expect([...constant.trainScores].every((score) => score === 0)).toBe(true)
  expect(constant.model.score(matrixOf([[9, 5, 5]]))[0]).toBeGreaterThan(0)
  expect(model.score(matrixOf([[1e300]]))[0]).toBeGreaterThan(1e100)
})
