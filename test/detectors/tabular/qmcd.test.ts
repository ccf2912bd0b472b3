import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { qmcd } from '../../../src/detectors/tabular/qmcd.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>) =>
  qmcd.fit(data, qmcd.options.parse({}), { random: createRandom(1) })
const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))

it('is the discrepancy, turned around where the usual rows have the high ones', () => {
  // As shares of the range: 0, 0, 1/2, 1. The two ends of the range touch each other.
  const kernel = (u: number) => 1.5 - u + u * u
  const plain = [0, 0, 0.5, 1].map(
    (at) => [0, 0, 0.5, 1].reduce((sum, other) => sum + kernel(Math.abs(at - other)), 0) / 16 - 4 / 3,
  )
  const { model, trainScores } = learn(column([10, 10, 15, 20]))
  const turned = plain.map((score) => Math.max(...plain) + Math.min(...plain) - score)
  for (let i = 0; i < 4; i++) expect(trainScores[i]).toBeCloseTo(turned[i]!, 12)
  expect(model.state.order).toBe('turned')
  expect(model.score(column([10, 15]))).toEqual(Float64Array.of(trainScores[0]!, trainScores[2]!))
})

it('keeps the order where few rows have the high scores', () => {
  // Rows all over the cube have the same low score, and a few are near to each other.
  const random = createRandom(3)
  const rows = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 6 }, () => (i < 10 ? 0.3 : random.next())),
  )
  const { model, trainScores } = learn(matrixOf(rows))
  expect(model.state.order).toBe('plain')
  expect(trainScores[0]).toBeCloseTo(Math.max(...trainScores), 12)
  const scores = model.score(matrixOf([Array(6).fill(0.3), Array(6).fill(7), Array(6).fill(1e300)]))
  expect(scores[0]).toBeCloseTo(trainScores[0]!, 12)
  expect(scores[1]).toBeGreaterThan(scores[0]!)
  expect(scores[2]).toBe(Number.MAX_VALUE)
})

it('finds a row the stranger the farther it is beyond the range', () => {
  const { model, trainScores } = learn(gaussianRows(200, 2))
  const scores = model.score(matrixOf([4, 8, 100, 1e200, Number.MAX_VALUE].map((value) => [value, -value])))
  expect(scores[0]).toBeGreaterThan(Math.max(...trainScores))
  expect([...scores]).toEqual([...scores].sort((a, b) => a - b))
})
