import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { abod } from '../../../src/detectors/tabular/abod.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  abod.fit(data, abod.options.parse(options), { random: createRandom(1) })

const variance = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
}

it('is the negative variance of the weighted cosines', () => {
  // Seen from (0, 0): (1, 0), (0, 2) and (2, 2).
  const { model } = learn(
    matrixOf([
      [1, 0],
      [0, 2],
      [2, 2],
      [50, 50],
    ]),
    { n_neighbors: 3 },
  )
  const expected = -variance([0, 2 / (1 * 8), 4 / (4 * 8)])
  expect(model.score(matrixOf([[0, 0]]))[0]).toBeCloseTo(expected, 14)
})

it('sees from a training row the neighbours besides itself', () => {
  const { model, trainScores } = learn(
    matrixOf([
      [0, 0],
      [1, 0],
      [0, 2],
      [2, 2],
      [50, 50],
    ]),
    { n_neighbors: 4 },
  )
  expect(trainScores[0]).toBeCloseTo(-variance([0, 2 / 8, 4 / 32]), 14)
  expect(model.score(matrixOf([[0, 0]]))[0]).toBe(trainScores[0])
})

it('sees all training rows with the method default', () => {
  const data = gaussianRows(30, 3, 2)
  const all = learn(data, { method: 'default' })
  const most = learn(data, { n_neighbors: 29 })
  expect(all.trainScores).not.toEqual(most.trainScores)
  const query = gaussianRows(1, 3, 9)
  const row = (matrix: Matrix, i: number) => Array.from(matrix.data.subarray(i * 3, i * 3 + 3))
  const seen = Array.from({ length: 30 }, (_, i) => row(data, i).map((value, j) => value - query.data[j]!))
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, j) => sum + value * b[j]!, 0)
  const cosines = seen.flatMap((a, i) =>
    seen.slice(i + 1).map((b) => product(a, b) / product(a, a) / product(b, b)),
  )
  expect(all.model.score(query)[0]! / -variance(cosines)).toBeCloseTo(1, 10)
})

it('takes all other rows for neighbours where there are less than it asks for', () => {
  const data = gaussianRows(8, 2)
  expect(learn(data, { n_neighbors: 50 }).trainScores).toEqual(learn(data, { n_neighbors: 7 }).trainScores)
})

describe('duplicates', () => {
  it('leave a row without angles as strange as the least strange row', () => {
    const others = Array.from({ length: 30 }, (_, i) => [Math.sin(i * 7), Math.cos(i * 5)])
    const data = matrixOf([...Array.from({ length: 10 }, () => [3, 3]), ...others])
    const { model, trainScores } = learn(data)
    const least = Math.min(...trainScores.subarray(10))
    for (const score of trainScores.subarray(0, 10)) expect(score).toBe(least)
    expect(model.score(matrixOf([[3, 3]]))[0]).toBe(least)
    expect(model.score(matrixOf([[9, -9]]))[0]).toBeGreaterThan(least)
  })

  it('alone are less strange than whatever differs', () => {
    const { model, trainScores } = learn(matrixOf(Array.from({ length: 20 }, () => [7, 7])))
    expect(trainScores.every((score) => score === -1)).toBe(true)
    expect(model.score(matrixOf([[7, 8]]))[0]).toBeCloseTo(0, 12)
  })
})

it('has scores where squares overflow or vanish', () => {
  const scaled = (factor: number) => {
    const data = gaussianRows(40, 3, 4)
    return { ...data, data: data.data.map((value) => value * factor) }
  }
  for (const factor of [1e-300, 1e-160, 1e160, 1e300])
    expect(learn(scaled(factor)).trainScores.every(Number.isFinite), String(factor)).toBe(true)
  // Of the scale of the rows, the fourth power is left.
  const [one, tiny] = [learn(scaled(1)).trainScores, learn(scaled(2 ** -40)).trainScores]
  for (const [row, score] of one.entries()) expect(tiny[row]! / 2 ** 160 / score).toBeCloseTo(1, 6)
})

it('needs three rows, and a state whose parts fit together', () => {
  expect(() => learn(gaussianRows(2, 2))).toThrow(
    expect.objectContaining({
      code: 'TRAINING_IMPOSSIBLE',
      message: expect.stringContaining('needs at least 3 rows'),
    }),
  )
  expect(learn(gaussianRows(3, 2)).trainScores.every(Number.isFinite)).toBe(true)
  const { state } = learn(gaussianRows(40, 2)).model
  for (const broken of [{ neighbours: 40 }, { least: Number.NaN }, { method: 'slow' }])
    expect(() => abod.restore({ ...state, ...broken })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
})
