import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { lof } from '../../../src/detectors/tabular/lof.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  lof.fit(data, lof.options.parse(options), { random: createRandom(1) })

/** Four rows on a line; the worked example of scikit-learn's documentation. */
const line = matrixOf([[-1.1], [0.2], [101.1], [0.3]])

it('compares the density of a row with those of its neighbours', () => {
  const { trainScores } = learn(line, { n_neighbors: 2 })
  const [first, second, far, last] = Array.from(trainScores)
  expect(first).toBeCloseTo(0.9821, 4)
  expect(second).toBeCloseTo(1.037, 4)
  expect(far).toBeCloseTo(73.3697, 4)
  expect(last).toBeCloseTo(0.9821, 4)
})

it('takes a new row for no neighbour of training rows, and a training row for its own', () => {
  const { model } = learn(matrixOf([[0], [1], [2]]), { n_neighbors: 1 })
  // Its neighbour is 2, at 1 from the next: density 1 / 3, against 1.
  expect(model.score(matrixOf([[5]]))[0]).toBeCloseTo(3, 8)
  // Its neighbour is itself, with the radius 1 of the training.
  expect(model.score(matrixOf([[1]]))[0]).toBeCloseTo(1, 8)
})

it('takes all other rows for neighbours where there are less than it asks for', () => {
  const data = gaussianRows(8, 2)
  expect(learn(data).trainScores).toEqual(learn(data, { n_neighbors: 7 }).trainScores)
  expect(learn(data).trainScores).not.toEqual(learn(data, { n_neighbors: 6 }).trainScores)
  expect(Array.from(learn(matrixOf([[1], [4]])).trainScores)).toEqual([1, 1])
})

it('measures with the metric it is given', () => {
  const data = gaussianRows(60, 3)
  const scores = (options: Record<string, unknown>) => learn(data, { n_neighbors: 4, ...options }).trainScores
  expect(scores({ p: 1 })).toEqual(scores({ metric: 'manhattan' }))
  expect(scores({ p: 1 })).not.toEqual(scores({}))
  expect(scores({ metric: 'chebyshev' })).not.toEqual(scores({}))
})

describe('duplicates', () => {
  it('are as dense as each other, and a row beside them is far stranger', () => {
    const data = matrixOf([...Array.from({ length: 30 }, () => [1, 1]), [1.5, 1], [9, 9]])
    const { trainScores } = learn(data, { n_neighbors: 5 })
    for (const score of trainScores.subarray(0, 30)) expect(score).toBe(1)
    expect(trainScores[30]).toBeGreaterThan(1e8)
    expect(trainScores[31]).toBeGreaterThan(trainScores[30]!)
  })

  it('alone give 1, and whatever differs more', () => {
    const { model, trainScores } = learn(matrixOf(Array.from({ length: 30 }, () => [7])))
    expect(trainScores.every((score) => score === 1)).toBe(true)
    expect(model.score(matrixOf([[7.01]]))[0]).toBeGreaterThan(1e6)
  })
})

it('needs two rows', () => {
  expect(() => learn(matrixOf([[1]]))).toThrow(
    expect.objectContaining({
      code: 'TRAINING_IMPOSSIBLE',
      message: expect.stringContaining('needs at least 2 rows'),
    }),
  )
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn(gaussianRows(40, 2)).model
  for (const broken of [
    { radii: new Float64Array(3) },
    { densities: new Float64Array(41) },
    { neighbours: 40 },
    { p: 0 },
  ])
    expect(() => lof.restore({ ...state, ...broken })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
})

it('accepts every parameter of PyOD', () => {
  expect(() =>
    lof.options.parse({
      n_neighbors: 20,
      algorithm: 'auto',
      leaf_size: 30,
      metric: 'minkowski',
      p: 2,
      metric_params: null,
      contamination: 0.1,
      n_jobs: 1,
      novelty: true,
    }),
  ).not.toThrow()
})
