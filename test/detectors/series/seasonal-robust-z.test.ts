import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { seasonalRobustZ } from '../../../src/detectors/series/seasonal-robust-z.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gauss } from '../samples.ts'

const learn = (series: Float64Array, options: object) => {
  const parsed = seasonalRobustZ.options.parse(options)
  const window = seasonalRobustZ.window!(parsed)
  return seasonalRobustZ.fit(slidingWindows(series, window), parsed, { random: createRandom(1) })
}

it('holds whole seasons and the newest value', () => {
  expect(seasonalRobustZ.window!(seasonalRobustZ.options.parse({}))).toBe(43)
  expect(seasonalRobustZ.window!(seasonalRobustZ.options.parse({ period: 24, periods: 3 }))).toBe(73)
})

it('compares a value with its own place in the season, by the spread of its window', () => {
  const random = createRandom(2)
  const series = Float64Array.from({ length: 200 }, (_, t) => (t % 2) * 100 + gauss(random))
  const { model } = learn(series, { period: 2, periods: 3 })
  // Oldest first 10, 50, 12, 50, 14, 54 and the newest 22: medians 12 and 50; deviations 2, 0, 2, 0, 0, 4.
  const row = { data: Float64Array.of(22, 54, 14, 50, 12, 50, 10), rows: 1, columns: 7 }
  expect(model.score(row)[0]).toBeCloseTo((0.6745 * (22 - 12)) / 1, 10)
})

it('judges a window without any spread by the spread of training', () => {
  const random = createRandom(2)
  const { model } = learn(
    Float64Array.from({ length: 300 }, () => gauss(random)),
    {},
  )
  const data = new Float64Array(43)
  data[0] = 1
  const score = model.score({ data, rows: 1, columns: 43 })[0]!
  expect(score).toBeGreaterThan(0.5)
  expect(score).toBeLessThan(2)
})
