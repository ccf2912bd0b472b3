import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { holtWinters } from '../../../src/detectors/series/holt-winters.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gauss } from '../samples.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const learn = (series: Float64Array, options: object) => {
  const parsed = holtWinters.options.parse(options)
  const windows = slidingWindows(series, holtWinters.window!(parsed))
  return holtWinters.fit(windows, parsed, { random: createRandom(1) })
}

it('smooths as the formulas say', () => {
  const { model } = learn(seasonalSeries(60), {
    period: 1,
    periods: 3,
    smoothing_level: 0.5,
    smoothing_trend: 0.2,
    damping_trend: 1,
  })
  // Level 1 and trend 1 from 1, 2; then 2: error 0; then 6: error 3, level 4.5, trend 1.3; the next is 5.8.
  const score = (newest: number) =>
    model.score({ data: Float64Array.of(newest, 6, 2, 1), rows: 1, columns: 4 })[0]!
  expect(score(5.8)).toBeCloseTo(0, 12)
  expect(score(7.8) / score(6.8)).toBeCloseTo(2, 10)
})

it('foretells a season and a trend, and counts in the errors of training', () => {
  const random = createRandom(3)
  const series = Float64Array.from({ length: 300 }, (_, t) => t / 2 + [0, 9, 4][t % 3]! + gauss(random))
  const { model, trainScores } = learn(series, { period: 3, periods: 8 })
  expect([...trainScores].sort((a, b) => a - b)[138]).toBeCloseTo(0.6745, 1)
  const next = slidingWindows(
    Float64Array.from({ length: 25 }, (_, t) => t / 2 + [0, 9, 4][t % 3]!),
    25,
  )
  expect(model.score(next)[0]).toBeLessThan(1)
})

it('learns how fast to follow: slowly through noise, at once on a walk', () => {
  const random = createRandom(4)
  const noise = Float64Array.from({ length: 300 }, () => gauss(random))
  let level = 0
  const walk = noise.map((step) => {
    level += step
    return level
  })
  const rate = (series: Float64Array) => Number(learn(series, { period: 1, periods: 30 }).model.state.level)
  expect(rate(noise)).toBeLessThan(0.25)
  expect(rate(walk)).toBeGreaterThan(0.6)
  expect(learn(noise, { smoothing_level: 0.42 }).model.state.level).toBe(0.42)
})
