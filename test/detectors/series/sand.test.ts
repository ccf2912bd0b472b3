import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { sand } from '../../../src/detectors/series/sand.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const learn = (series: Float64Array, options: object) => {
  const parsed = sand.options.parse({ window_size: 20, n_clusters: 2, batch_size: 50, ...options })
  return sand.fit(slidingWindows(series, 20), parsed, { random: createRandom(1) })
}
/** A season that becomes another shape half-way. */
const drifting = seasonalSeries(600).map((value, t) => (t < 300 ? value : 20 + ((t * 4) % 10) + value / 20))
const last = slidingWindows(drifting.subarray(560), 20)
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

it('follows the series, as fast as alpha says', () => {
  const followed = mean(learn(drifting, { alpha: 0.5 }).model.score(last))
  const kept = mean(learn(drifting, { alpha: 0 }).model.score(last))
  expect(followed).toBeLessThan(kept / 2)
})

it('judges a training window by the shapes of before', () => {
  const { trainScores } = learn(drifting, {})
  expect(mean(trainScores.subarray(290, 300))).toBeGreaterThan(2 * mean(trainScores.subarray(500)))
})

it('needs as many windows in a batch as it has shapes', () => {
  expect(() => learn(drifting, { batch_size: 2, n_clusters: 3 })).toThrow(/raise batch_size/)
})
