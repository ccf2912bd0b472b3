import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { kde } from '../../../src/detectors/tabular/kde.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (rows: readonly (readonly number[])[], options = {}) =>
  kde.fit(matrixOf(rows), kde.options.parse(options), { random: createRandom(1) })

it('is the mean of the kernels around the training rows', () => {
  const { model, trainScores } = learn([[0], [2]])
  const kernel = (distance: number, width = 1) =>
    Math.exp(-((distance / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI))
  expect(trainScores[0]).toBeCloseTo(-Math.log((kernel(0) + kernel(2)) / 2), 14)
  expect(model.score(matrixOf([[1]]))[0]).toBeCloseTo(-Math.log(kernel(1)), 14)
  const wide = learn([[0], [2]], { bandwidth: 3 }).model
  expect(wide.score(matrixOf([[5]]))[0]).toBeCloseTo(-Math.log((kernel(5, 3) + kernel(3, 3)) / 2), 14)
})

it('chooses the bandwidth by rows and columns', () => {
  const width = (bandwidth: string) =>
    kde.fit(gaussianRows(100, 3), kde.options.parse({ bandwidth }), { random: createRandom(1) }).model.state
      .width
  expect(width('scott')).toBeCloseTo(100 ** (-1 / 7), 14)
  expect(width('silverman')).toBeCloseTo(125 ** (-1 / 7), 14)
})

it('measures by the metric that is asked for', () => {
  const at = (metric: string) =>
    learn([[0, 0]], { metric }).model.score(matrixOf([[3, 4]]))[0]! - Math.log(2 * Math.PI)
  expect(at('minkowski')).toBeCloseTo(12.5, 12)
  expect(at('manhattan')).toBeCloseTo(24.5, 12)
  expect(at('chebyshev')).toBeCloseTo(8, 12)
})

it('tells rows apart whose density is far below the smallest number', () => {
  const { model } = learn([[0], [1]])
  const scores = model.score(matrixOf([[1e3], [1e6], [1e100], [1e160], [Number.MAX_VALUE]]))
  expect(scores[0]).toBeCloseTo(999 ** 2 / 2 + Math.log(2) + Math.log(2 * Math.PI) / 2, 6)
  expect([...scores]).toEqual([...scores].sort((a, b) => a - b))
  expect(scores[3]).toBe(Number.MAX_VALUE)
})
