import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { ocsvm } from '../../../src/detectors/tabular/ocsvm.ts'
import { largestError } from '../golden.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  ocsvm.fit(data, ocsvm.options.parse(options), { random: createRandom(1) })

const support = (data: Matrix, options: Record<string, unknown> = {}): Float64Array =>
  learn(data, options).model.state.weights as Float64Array

describe('OCSVM', () => {
  it('is worked out by hand for two rows', () => {
    // Both weights are 1/2, and the boundary passes through both rows.
    const { model, trainScores } = learn(matrixOf([[0], [2]]), { gamma: 0.25, tol: 1e-9 })
    expect(Array.from(trainScores)).toEqual([expect.closeTo(0, 7), expect.closeTo(0, 7)])
    const [middle, far] = model.score(matrixOf([[1], [1000]]))
    const offset = (1 + Math.exp(-1)) / 2
    expect(middle).toBeCloseTo(offset - Math.exp(-0.25), 7)
    expect(far).toBeCloseTo(offset, 7)
  })

  it.each([0.05, 0.2, 0.5, 1])(
    'leaves at most the share nu = %f outside, and needs at least so many rows',
    (nu) => {
      const data = gaussianRows(400, 3, 2)
      const outside = learn(data, { nu, tol: 1e-6 }).trainScores.filter((score) => score > 1e-4).length
      expect(outside).toBeLessThanOrEqual(nu * 400)
      const weights = support(data, { nu, tol: 1e-6 })
      expect(weights.length).toBeGreaterThanOrEqual(nu * 400)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(nu * 400, 9)
      expect(weights.every((weight) => weight > 0 && weight <= 1)).toBe(true)
    },
  )

  it('is the same with and without shrinking, and with next to no cache', () => {
    const data = gaussianRows(1200, 2, 3)
    const exact = { nu: 0.1, gamma: 2, tol: 1e-5 }
    const [plain, shrunk, small] = [
      { shrinking: false },
      { shrinking: true },
      { shrinking: true, cache_size: 1 },
    ].map((options) => learn(data, { ...exact, ...options }).trainScores)
    expect(largestError(shrunk!, plain!, 1)).toBeLessThan(1e-4)
    expect(largestError(small!, plain!, 1)).toBeLessThan(1e-4)
  })

  it('scores the training rows as it scores any', () => {
    const data = gaussianRows(300, 4, 4)
    for (const options of [{}, { kernel: 'linear' }, { kernel: 'poly', coef0: 1 }, { cache_size: 0.1 }]) {
      const { model, trainScores } = learn(data, options)
      expect(largestError(trainScores, model.score(data), 1)).toBeLessThan(1e-12)
    }
  })

  it('takes gamma from the variance with scale', () => {
    const data = matrixOf(Array.from(gaussianRows(200, 1, 5).data, (value) => [1000 * value]))
    expect(learn(data, { gamma: 'scale' }).model.state.gamma).toBeCloseTo(1e-6, 6)
    expect(learn(data).model.state.gamma).toBe(1)
    expect(learn(matrixOf([[3], [3]]), { gamma: 'scale' }).model.state.gamma).toBe(1)
  })

  it('stops after max_iter steps', () => {
    const data = gaussianRows(100, 2, 6)
    expect(Array.from(support(data, { max_iter: 0 }))).toEqual(Array(50).fill(1))
    const [start, ...later] = [0, 3, 100_000, -1].map((max_iter) => learn(data, { max_iter }).trainScores)
    for (const scores of later) expect(scores).not.toEqual(start)
    expect(later[1]).toEqual(later[2])
    expect(later[0]).not.toEqual(later[2])
  })

  it.each(['linear', 'poly', 'sigmoid', 'rbf'])(
    'ends for values that rounding makes unsolvable: %s',
    (kernel) => {
      for (const scale of [1e12, 1e300]) {
        const data = gaussianRows(60, 2, 7)
        const huge = { ...data, data: data.data.map((value) => value * scale) }
        const { trainScores, model } = learn(huge, { kernel })
        expect(trainScores.every(Number.isFinite)).toBe(true)
        expect(model.score(matrixOf([[Number.MAX_VALUE, -Number.MAX_VALUE]])).every(Number.isFinite)).toBe(
          true,
        )
      }
    },
  )

  it('refuses what is no share or no kernel', () => {
    for (const options of [{ nu: 0 }, { nu: 1.1 }, { kernel: 'precomputed' }, { gamma: 'none' }, { tol: 0 }])
      expect(ocsvm.options.safeParse(options).success).toBe(false)
  })
})
