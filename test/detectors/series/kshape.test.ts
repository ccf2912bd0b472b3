import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { createShapes } from '../../../src/detectors/clustering/shape-distance.ts'
import { leadingEigenvector } from '../../../src/detectors/linear-algebra/leading-eigenvector.ts'
import { kShape } from '../../../src/detectors/series/kshape.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { zNormalise } from '../../../src/detectors/series/z-normalise.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const normal = (values: readonly number[]) => {
  const result = Float64Array.from(values)
  zNormalise(result)
  return result
}
const learn = (series: Float64Array, options: object) => {
  const parsed = kShape.options.parse(options)
  return kShape.fit(slidingWindows(series, parsed.window_size), parsed, { random: createRandom(1) })
}

describe('the distance of shapes', () => {
  const centroid = normal([0, 0, 1, 3, 1, 0, 0, 0])
  const shapes = createShapes({ data: centroid, rows: 1, columns: 8 })

  it('is nothing for the same shape in other units', () => {
    const same = normal([5, 5, 7, 11, 7, 5, 5, 5])
    expect(shapes.nearest(same)).toMatchObject({ centroid: 0, lag: 0 })
    expect(shapes.nearest(same).distance).toBeCloseTo(0, 12)
  })

  it('finds how far a shape lies behind', () => {
    const later = shapes.nearest(normal([0, 0, 0, 0, 1, 3, 1, 0]))
    expect(later.lag).toBe(2)
    expect(later.distance).toBeLessThan(0.2)
    // By the definition, at the best of all lags.
    const x = normal([1, 0, 4, 0, 0, 9, 0, 2])
    let most = Number.NEGATIVE_INFINITY
    for (let lag = -7; lag < 8; lag++)
      most = Math.max(most, centroid.reduce((sum, value, i) => sum + value * (x[i + lag] ?? 0), 0) / 8)
    expect(shapes.nearest(x).distance).toBeCloseTo(1 - most, 12)
  })

  it('is defined without variance', () => {
    expect(shapes.nearest(new Float64Array(8)).distance).toBe(1)
    const withFlat = createShapes({
      data: Float64Array.of(...centroid, ...new Float64Array(8)),
      rows: 2,
      columns: 8,
    })
    expect(withFlat.nearest(new Float64Array(8))).toMatchObject({ centroid: 1, distance: 0 })
  })
})

it('finds the leading eigenvector, also of a matrix of zeros', () => {
  // Eigenvalues 3 and 1 of the vectors (1, 1) and (1, -1).
  const [a, b] = leadingEigenvector(Float64Array.of(2, 1, 1, 2), 2)
  expect(Math.abs(a!)).toBeCloseTo(Math.SQRT1_2, 14)
  expect(b).toBeCloseTo(a!, 14)
  expect([...leadingEigenvector(new Float64Array(4), 2)]).toEqual([0, 0])
})

it('knows the season wherever a window begins, and not another shape', () => {
  const { model, trainScores } = learn(seasonalSeries(300), { window_size: 28 })
  expect(Math.max(...trainScores)).toBeLessThan(0.25)
  const steps = Float64Array.from({ length: 28 }, (_, t) => (t < 14 ? 0 : 1))
  expect(model.score({ data: steps, rows: 1, columns: 28 })[0]).toBeGreaterThan(0.4)
  expect(model.state.centroids).toMatchObject({ rows: 3, columns: 28 })
})

it('begins by its seed, or by that of the metric', () => {
  const series = seasonalSeries(100, 3)
  const scores = (options: object, seed: number) => {
    const parsed = kShape.options.parse({ window_size: 20, max_iter: 1, ...options })
    return kShape.fit(slidingWindows(series, 20), parsed, { random: createRandom(seed) }).trainScores
  }
  expect(scores({}, 1)).toEqual(scores({}, 2))
  expect(scores({ random_state: 7 }, 1)).not.toEqual(scores({}, 1))
  expect(scores({ random_state: null }, 1)).not.toEqual(scores({ random_state: null }, 2))
})
