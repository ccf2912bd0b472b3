import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { cd } from '../../../src/detectors/tabular/cd.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>) =>
  cd.fit(data, cd.options.parse({}), { random: createRandom(1) })

it('is the scaled distance of two regressions by hand', () => {
  const rows = [
    [1, 1],
    [2, 3],
    [3, 2],
    [4, 5],
  ] as const
  // The squared deviations sum up to 5 and 8.75, their products to 5.5.
  const distances = (of: 0 | 1, by: 0 | 1, slope: number) => {
    const squares = rows.reduce((sum, row) => sum + row[by] ** 2, 0)
    const raw = rows.map((row) => {
      const residual = row[of] - (of === 1 ? 2.75 : 2.5) - slope * (row[by] - (by === 1 ? 2.75 : 2.5))
      const leverage = row[by] ** 2 / squares
      return (residual ** 2 * leverage) / (1 - leverage) ** 2
    })
    return raw.map((value) => (value - Math.min(...raw)) / (Math.max(...raw) - Math.min(...raw)))
  }
  const [first, second] = [distances(0, 1, 5.5 / 8.75), distances(1, 0, 5.5 / 5)]
  const { trainScores } = learn(matrixOf(rows))
  for (let i = 0; i < rows.length; i++) expect(trainScores[i]).toBeCloseTo((first[i]! + second[i]!) / 2, 12)
})

it('tells how strange a row is beyond the strangest of the training', () => {
  const { model } = learn(gaussianRows(100, 3))
  const [usual, strange, stranger] = model.score(
    matrixOf([
      [0.5, 0.5, 0.5],
      [9, -9, 9],
      [90, -90, 90],
    ]),
  )
  expect(usual).toBeLessThan(0.5)
  expect(strange).toBeGreaterThan(1)
  expect(stranger).toBeGreaterThan(strange!)
})

it('leaves out columns that others determine', () => {
  const two = gaussianRows(60, 2)
  const scores = (factor: number) =>
    learn(
      matrixOf(
        Array.from({ length: 60 }, (_, i) => {
          const [a, b] = [two.data[2 * i]!, two.data[2 * i + 1]!]
          return [a, 7, b, factor * a, 0]
        }),
      ),
    ).trainScores
  // Neither a nor its multiple counts, and the regression of b on both and a constant is the same whatever the factor.
  const [triple, negative] = [scores(3), scores(-0.1)]
  expect(Math.max(...triple)).toBeCloseTo(1, 12)
  for (let i = 0; i < 60; i++) expect(triple[i]).toBeCloseTo(negative[i]!, 9)
})

it('scores the distance from the mean where all columns determine each other', () => {
  const { model, trainScores } = learn(matrixOf(Array.from({ length: 30 }, () => [5, 5])))
  expect([...trainScores].every((score) => score === 0)).toBe(true)
  expect(model.score(matrixOf([[8, 9]]))[0]).toBe(5)
})

it('judges a single column by its squared deviation', () => {
  const { model, trainScores } = learn(matrixOf([[1], [2], [3], [6]]))
  expect([...trainScores]).toEqual([4 / 9, 1 / 9, 0, 1].map((share) => expect.closeTo(share, 12)))
  expect(model.score(matrixOf([[9]]))[0]).toBeCloseTo(4, 12)
})
