import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { cof } from '../../../src/detectors/tabular/cof.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  cof.fit(data, cof.options.parse(options), { random: createRandom(1) })

it('weighs the links of a chain, the first most', () => {
  // Links of each row, nearest first: 0 by 1 and 3 (from 1 to 4), 1 by 1 and 3, 4 by 3 and 1 (from 1 to 0).
  const chains = [(2 * 1 + 3) / 3, (2 * 1 + 3) / 3, (2 * 3 + 1) / 3]
  const { model, trainScores } = learn(matrixOf([[0], [1], [4]]), { n_neighbors: 2 })
  expect(trainScores[0]).toBeCloseTo((2 * chains[0]!) / (chains[1]! + chains[2]!), 12)
  expect(trainScores[1]).toBeCloseTo((2 * chains[1]!) / (chains[0]! + chains[2]!), 12)
  expect(trainScores[2]).toBeCloseTo((2 * chains[2]!) / (chains[0]! + chains[1]!), 12)
  // 6 is joined to 4, then 4 to 1.
  expect(model.score(matrixOf([[6]]))[0]).toBeCloseTo((2 * ((2 * 2 + 3) / 3)) / (chains[2]! + chains[1]!), 12)
})

it('sees a row beside a line, which is no sparser than the line', () => {
  const line = Array.from({ length: 40 }, (_, i) => [i, 0])
  const { trainScores } = learn(matrixOf([...line, [20.5, 6]]), { n_neighbors: 8 })
  expect(Math.max(...trainScores)).toBe(trainScores[40])
})

it('takes all other rows for neighbours where there are less than it asks for', () => {
  const data = gaussianRows(8, 2)
  expect(learn(data).trainScores).toEqual(learn(data, { n_neighbors: 7 }).trainScores)
})

it('gives the same with both methods of PyOD', () => {
  const data = gaussianRows(50, 3)
  expect(learn(data, { method: 'memory' }).trainScores).toEqual(learn(data).trainScores)
  expect(cof.options.safeParse({ method: 'slow' }).success).toBe(false)
})

it('gives 0 for duplicates, and the largest number for what differs from nothing but duplicates', () => {
  const { model, trainScores } = learn(matrixOf(Array.from({ length: 30 }, () => [3, 3])))
  expect(trainScores.every((score) => score === 0)).toBe(true)
  expect(
    Array.from(
      model.score(
        matrixOf([
          [3, 3],
          [3, 4],
        ]),
      ),
    ),
  ).toEqual([0, Number.MAX_VALUE])
})

it('needs two rows, and a state whose arrays fit together', () => {
  expect(() => learn(matrixOf([[1]]))).toThrow(expect.objectContaining({ code: 'TRAINING_IMPOSSIBLE' }))
  const { state } = learn(gaussianRows(40, 2)).model
  for (const broken of [{ chains: new Float64Array(3) }, { neighbours: 40 }, { neighbours: 1.5 }])
    expect(() => cof.restore({ ...state, ...broken })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
})
