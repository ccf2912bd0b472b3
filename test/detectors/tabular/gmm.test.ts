import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { gmm } from '../../../src/detectors/tabular/gmm.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}, seed = 1) =>
  gmm.fit(data, gmm.options.parse(options), { random: createRandom(seed) })

/** Two groups of one column: around 0 with deviation 1, around 100 with deviation 5. */
const groups = (): Matrix => {
  const noise = gaussianRows(400, 1, 2).data
  return matrixOf(Array.from(noise, (value, i) => [i % 2 === 0 ? value : 100 + 5 * value]))
}

describe('GMM', () => {
  it('is minus the log density of one normal distribution by default', () => {
    const { trainScores, model } = learn(matrixOf([[-1], [1], [-1], [1]]), { reg_covar: 0 })
    const log = Math.log(2 * Math.PI) / 2
    expect(trainScores[0]).toBeCloseTo(log + 0.5, 12)
    expect(Array.from(model.score(matrixOf([[0], [3]])))).toEqual([
      expect.closeTo(log, 12),
      expect.closeTo(log + 4.5, 12),
    ])
  })

  it.each(['kmeans', 'k-means++', 'random_from_data'])('finds two groups from %s', (init_params) => {
    const { model } = learn(groups(), {
      n_components: 2,
      init_params,
      max_iter: 1000,
      tol: 1e-9,
      n_init: 4,
    })
    const [low, between, high] = model.score(matrixOf([[0], [50], [100]]))
    expect(low).toBeCloseTo(Math.log(2) + Math.log(2 * Math.PI) / 2, 0)
    expect(high! - low!).toBeCloseTo(Math.log(5), 0)
    expect(between).toBeGreaterThan(30)
  })

  it('takes the likeliest of several starts, and knows nothing from random shares', () => {
    const noise = gaussianRows(60, 1, 4).data
    const data = matrixOf(Array.from(noise, (value, i) => [(i % 3) * 10 + value]))
    const likelihood = (options: Record<string, unknown>) =>
      -learn(data, { n_components: 4, init_params: 'random_from_data', ...options }, 3).trainScores.reduce(
        (a, b) => a + b,
      )
    const [one, many] = [1, 30].map((n_init) => likelihood({ n_init }))
    expect(many).toBeGreaterThan(one! + 0.5)
    expect(likelihood({ init_params: 'random', max_iter: 0 })).toBeLessThan(one! - 20)
  })

  it('shares one covariance when tied, and one variance among columns when spherical', () => {
    const tied = learn(groups(), { n_components: 2, covariance_type: 'tied' }).model
    const [low, high] = tied.score(matrixOf([[0], [100]]))
    expect(low).toBeCloseTo(high!, 1)
    const data = matrixOf(Array.from(gaussianRows(300, 1, 3).data, (value, i) => [value, 9 * Math.cos(i)]))
    const spherical = learn(data, { covariance_type: 'spherical' }).model
    const [left, up] = spherical.score(
      matrixOf([
        [5, 0],
        [0, 5],
      ]),
    )
    expect(left).toBeCloseTo(up!, 0)
    const [narrow, wide] = learn(data, { covariance_type: 'diag' }).model.score(
      matrixOf([
        [5, 0],
        [0, 5],
      ]),
    )
    expect(narrow! - wide!).toBeGreaterThan(8)
  })

  it('keeps what it starts from when it must not train', () => {
    const start = {
      n_components: 2,
      covariance_type: 'diag',
      weights_init: [0.5, 0.5],
      means_init: [[0], [8]],
    }
    const { model } = learn(groups(), { ...start, precisions_init: [[1], [4]], max_iter: 0 })
    const density = (z: number, deviation: number) =>
      Math.exp((-z * z) / 2) / deviation / Math.sqrt(2 * Math.PI) / 2
    expect(model.score(matrixOf([[7]]))[0]).toBeCloseTo(-Math.log(density(7, 1) + density(2, 0.5)), 12)
  })

  it('says which start does not fit the data', () => {
    const refused = (options: Record<string, unknown>) =>
      expect(() => learn(gaussianRows(20, 2), { n_components: 2, ...options }))
    refused({ weights_init: [0.5, 0.6] }).toThrow(/weights_init: it must be 2 positive numbers/)
    refused({ means_init: [[1, 2]] }).toThrow(/means_init: it must be 2 rows of 2 numbers/)
    refused({ precisions_init: [1, 1] }).toThrow(
      /precisions_init: it must be of the shape 2 x 2 x 2 for full/,
    )
    refused({ n_components: 30 }).toThrow(/needs at least 30 rows/)
  })

  it('takes columns that repeat each other, and no regularisation', () => {
    const noise = gaussianRows(200, 1, 5).data
    const data = matrixOf(Array.from(noise, (value) => [value, 1e9 * value, 7]))
    for (const covariance_type of ['full', 'tied', 'diag', 'spherical']) {
      const { model } = learn(data, { covariance_type, reg_covar: 0, n_components: 2 })
      const [inlier, outlier] = model.score(
        matrixOf([
          [0.1, 1e8, 7],
          [0.1, 9e9, 7],
        ]),
      )
      expect(outlier).toBeGreaterThan(inlier!)
    }
  })

  it('gives the density of huge values in their own units', () => {
    const data = gaussianRows(100, 2, 6)
    const huge = { ...data, data: data.data.map((value) => value * 2 ** 600) }
    const plain = learn(data, { reg_covar: 0 }).trainScores
    const scores = learn(huge, { reg_covar: 0 }).trainScores
    for (let i = 0; i < 100; i++) expect(scores[i]).toBeCloseTo(plain[i]! + 1200 * Math.LN2, 8)
  })
})
