import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { sod } from '../../../src/detectors/tabular/sod.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>, options = {}) =>
  sod.fit(data, sod.options.parse(options), { random: createRandom(1) })

/** A line along the first column, thin in the second, and one row off it. */
const line = matrixOf([...Array.from({ length: 40 }, (_, i) => [i, Math.sin(i * 7) / 100]), [20.5, 3]])

it('judges a row in the columns in which its reference rows agree', () => {
  const { model, trainScores } = learn(line)
  expect(trainScores[40]).toBeCloseTo(3, 1)
  // One of ten reference rows may be the odd one.
  expect(Math.max(...trainScores.subarray(0, 40))).toBeLessThan(0.35)
  // However far along the line, nothing is odd; beside it, the distance counts.
  const [along, beside] = model.score(
    matrixOf([
      [500, 0],
      [10.5, -7],
    ]),
  )
  expect(along).toBeLessThan(0.35)
  expect(beside).toBeCloseTo(7, 1)
})

it('uses fewer columns the smaller alpha is', () => {
  const data = matrixOf(
    Array.from({ length: 60 }, (_, i) => [Math.sin(i), 2 * Math.sin(i * 3), 9 * Math.sin(i * 5)]),
  )
  const query = matrixOf([[0, 50, 0]])
  expect(learn(data, { alpha: 0.8 }).model.score(query)[0]).toBeGreaterThan(20)
  expect(learn(data, { alpha: 0.1 }).model.score(query)[0]).toBeLessThan(20)
})

it('takes a row equal to a training row for that one', () => {
  const data = gaussianRows(80, 4)
  const { model, trainScores } = learn(data)
  expect(model.score(data)).toEqual(trainScores)
})

it('scores the full distance where the reference rows are all alike', () => {
  const { model, trainScores } = learn(matrixOf(Array.from({ length: 30 }, () => [5, 5])))
  expect(trainScores.every((score) => score === 0)).toBe(true)
  expect(model.score(matrixOf([[8, 9]]))[0]).toBeCloseTo(Math.sqrt(25 / 2), 12)
})

it('has no column of a single one that varies less than the average', () => {
  const { model, trainScores } = learn(gaussianRows(50, 1))
  expect(trainScores.every((score) => score === 0)).toBe(true)
  expect(model.score(matrixOf([[100]]))[0]).toBe(0)
})

it('needs more neighbours than reference rows, and more rows than neighbours', () => {
  expect(sod.options.safeParse({ n_neighbors: 10, ref_set: 10 }).success).toBe(false)
  expect(() => learn(gaussianRows(20, 2))).toThrow(/needs at least 21 rows.*lower n_neighbors/)
})
