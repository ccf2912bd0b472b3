import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { detectors } from '../../src/detectors/index.ts'
import { gaussianRows, matrixOf } from './samples.ts'

const learned = (name: string, columns: number, options: Record<string, unknown>) => {
  const definition = detectors.get(name)!
  const random = createRandom(5)
  return definition.fit(gaussianRows(200, columns, 1), definition.options.parse(options), { random }).model
}

const neighbours = ['largest', 'mean', 'median'].flatMap((method) =>
  ['euclidean', 'manhattan', 'chebyshev', 'minkowski'].map((metric) => ({ method, metric, p: 3 })),
)

/** Detectors whose explanation divides the score, so that its parts sum up to it, with options. */
const DIVIDING: readonly (readonly [string, Record<string, unknown>])[] = [
  ...neighbours.map((options) => ['KNN', options] as const),
  ['KNN', { method: 'median', n_neighbors: 4 }],
  ['LOF', {}],
  ['LOF', { metric: 'manhattan' }],
  ['Sampling', { metric: 'chebyshev' }],
  ['CBLOF', {}],
  ['CBLOF', { use_weights: true, n_clusters: 3 }],
  ['SOD', {}],
  ['PCA', {}],
  ['PCA', { n_components: 2, standardization: false, weighted: false }],
  ['MCD', {}],
  ['ECOD', {}],
  ['COPOD', {}],
  ['OnlinePCA', {}],
  ['RobustRandomCutForest', { tree_size: 64 }],
]
const SERIES: readonly (readonly [string, Record<string, unknown>])[] = [
  ...neighbours.map((options) => ['SubKNN', { ...options, window_size: 12 }] as const),
  ['SubPCA', { window_size: 12 }],
  ['MatrixProfile', { window_size: 12 }],
  ['KShape', { window_size: 12 }],
  ['SAND', { window_size: 12 }],
  ['POLY', { window_size: 12 }],
]

describe.each([
  ...DIVIDING.map(([name, options]) => ({ name, options, columns: 5 })),
  ...SERIES.map(([name, options]) => ({ name, options, columns: 12 })),
  { name: 'MAD', options: {}, columns: 1 },
  { name: 'OnlineRobustZ', options: {}, columns: 1 },
])('$name with $options', ({ name, options, columns }) => {
  it('divides the score among the columns', () => {
    const model = learned(name, columns, options)
    const rows = gaussianRows(40, columns, 2)
    for (let i = 0; i < 40; i++) rows.data[i * columns + (i % columns)]! *= i / 4
    const scores = model.score(rows)
    const parts = model.explain!(rows)
    scores.forEach((score, row) => {
      const own = parts.subarray(row * columns, (row + 1) * columns)
      const sum = own.reduce((total, part) => total + part, 0)
      expect(Math.abs(sum - score)).toBeLessThanOrEqual(1e-8 * Math.max(1, score))
    })
  })
})

describe('of a mixture', () => {
  it('the parts are half of the squared distance to the only component, whatever the covariance is said to be', () => {
    for (const covariance_type of ['full', 'tied', 'diag', 'spherical']) {
      const model = learned('GMM', 3, { covariance_type })
      const rows = matrixOf([
        [0, 0, 0],
        [0, 7, 1],
      ])
      const [near, far] = model.score(rows)
      const parts = model.explain!(rows)
      const sum = (row: number) =>
        parts.subarray(row * 3, row * 3 + 3).reduce((total, part) => total + part, 0)
      expect(sum(1) - sum(0)).toBeCloseTo(far! - near!, 8)
      expect(parts[4]).toBeGreaterThan(0.9 * sum(1))
    }
  })

  it('each component counts as it does in the density', () => {
    const left = gaussianRows(100, 2, 1)
    const right = gaussianRows(100, 2, 2)
    for (let row = 0; row < 100; row++) right.data[row * 2]! += 40
    const data = { data: Float64Array.of(...left.data, ...right.data), rows: 200, columns: 2 }
    const gmm = detectors.get('GMM')!
    const { model } = gmm.fit(data, gmm.options.parse({ n_components: 2 }), { random: createRandom(1) })
    const [x, y] = model.explain!(matrixOf([[40, 6]]))
    expect(x).toBeLessThan(1)
    expect(y).toBeGreaterThan(10)
  })
})

it('a kernel density is explained by the near rows, not by the far ones', () => {
  const kde = detectors.get('KDE')!
  const training = matrixOf([
    [0, 0],
    [1000, 0],
  ])
  const { model } = kde.fit(training, kde.options.parse({}), { random: createRandom(1) })
  expect(model.explain!(matrixOf([[3, 4]]))).toEqual(Float64Array.of(4.5, 8))
})

describe.each(['FeatureBagging', 'LSCP'])('%s', (name) => {
  const members = (base: string) =>
    name === 'LSCP'
      ? { detector_list: [base, base] }
      : { base_estimator: base, n_estimators: 4, bootstrap_features: true }

  it('joins the explanations of its members', () => {
    const model = learned(name, 4, members('KNN'))
    const parts = model.explain!(matrixOf([[0.1, 0.2, 9, 0]]))
    expect(parts.indexOf(Math.max(...parts))).toBe(2)
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12)
  })

  it('explains nothing where a member cannot', () => {
    expect(learned(name, 4, members('ABOD')).explain).toBeUndefined()
  })
})

it('the largest of several scores is explained by the member that gave it', () => {
  const options = { base_estimator: 'KNN', max_features: 2, n_estimators: 6, combination: 'max' }
  const parts = learned('FeatureBagging', 4, options).explain!(matrixOf([[0, 50, 0, 0]]))
  expect(parts[1]).toBeGreaterThan(0.95)
})
