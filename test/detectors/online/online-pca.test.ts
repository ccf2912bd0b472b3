import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { onlinePca } from '../../../src/detectors/online/online-pca.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  onlinePca.fit(data, onlinePca.options.parse(options), { random: createRandom(1) })

/** Rows of equal columns but for a little noise; `sign` turns the second against the first. */
function along(rows: number, sign: 1 | -1, seed = 1): Matrix {
  const [common, noise] = [gaussianRows(rows, 1, seed), gaussianRows(rows, 2, seed + 50)]
  return {
    rows,
    columns: 2,
    data: noise.data.map((value, i) => common.data[i >> 1]! * (i % 2 === 1 ? sign : 1) + value * 0.05),
  }
}

it('finds what breaks the usual relation of columns, in range as it is', () => {
  const { model } = learn(along(300, 1))
  const [usual, broken] = model.score(
    matrixOf([
      [2, 2],
      [1, -1],
    ]),
  )
  expect(usual).toBeLessThan(5)
  expect(broken).toBeGreaterThan(15)
})

it('keeps the direction of the first principal component', () => {
  const { state } = learn(along(2000, 1)).model
  const [x = 0, y = 0] = state.directions as Float64Array
  expect(x / Math.hypot(x, y)).toBeCloseTo(Math.SQRT1_2, 2)
  expect(y / Math.hypot(x, y)).toBeCloseTo(Math.SQRT1_2, 2)
})

it('follows a relation that changes, the faster the shorter its memory', () => {
  const after = (half_life: number) => {
    const { model } = learn(along(300, 1), { half_life })
    model.partialFit!(along(400, -1, 7))
    return model.score(matrixOf([[1, -1]]))[0]!
  }
  const [short, long] = [after(50), after(5000)]
  expect(short).toBeLessThan(2)
  expect(long).toBeGreaterThan(short)
})

describe('components', () => {
  it('are at most one fewer than columns, and half of them by default', () => {
    const count = (columns: number, options = {}) =>
      (learn(gaussianRows(80, columns), options).model.state.directions as Float64Array).length / columns
    expect(count(6)).toBe(3)
    expect(count(3, { n_components: 9 })).toBe(2)
    expect(count(1)).toBe(0)
  })

  it('without any, the score is the distance to the mean', () => {
    const { model } = learn(gaussianRows(400, 2), { n_components: 0 })
    const [near, far] = model.score(
      matrixOf([
        [1, 0],
        [10, 0],
      ]),
    )
    expect(far! / near!).toBeGreaterThan(8)
    expect(far! / near!).toBeLessThan(12)
  })
})

it('is not turned by a single row', () => {
  const { model } = learn(along(300, 1))
  const before = model.score(matrixOf([[1, -1]]))[0]!
  model.partialFit!(matrixOf([[1e9, -1e9]]))
  expect(model.score(matrixOf([[1, -1]]))[0]).toBeGreaterThan(before * 0.8)
})

it('refuses a state that cannot be', () => {
  const { state } = learn(gaussianRows(60, 3)).model
  const refused = (change: Record<string, unknown>) =>
    expect(() => onlinePca.restore({ ...state, ...change } as typeof state)).toThrow(/not the state/)
  refused({ mean: new Float64Array(2) })
  refused({ scale: new Float64Array(3) })
  refused({ directions: new Float64Array(4) })
  refused({ forgetting: 2 })
  refused({ errors: new Float64Array(0) })
})
