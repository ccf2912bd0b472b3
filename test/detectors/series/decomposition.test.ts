import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { decomposition } from '../../../src/detectors/series/decomposition.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gauss } from '../samples.ts'

const SEASON = [0, 5, 9, 3, -4, -2, -11]
const random = createRandom(6)
const noisy = Float64Array.from({ length: 300 }, (_, t) => 50 + t / 10 + SEASON[t % 7]! + 0.2 * gauss(random))
const learn = (options: object = {}) => {
  const parsed = decomposition.options.parse(options)
  const windows = slidingWindows(noisy, decomposition.window!(parsed))
  return decomposition.fit(windows, parsed, { random: createRandom(1) })
}

it('leaves nothing of a trend and a season', () => {
  const { model } = learn()
  const clean = Float64Array.from({ length: 60 }, (_, t) => 50 + t / 10 + SEASON[t % 7]!)
  expect(Math.max(...model.score(slidingWindows(clean, 43)))).toBeLessThan(0.5)
})

it('is not led astray by outliers in the past', () => {
  const { model, trainScores } = learn()
  const spoilt = noisy.map((value, t) => (t === 100 || t === 96 || t === 80 ? value + 40 : value))
  const scores = model.score(slidingWindows(spoilt, 43))
  const usual = Math.max(...trainScores)
  expect(scores[100 - 42]).toBeGreaterThan(10 * usual)
  for (const after of [101, 102, 103, 107, 114]) expect(scores[after - 42]).toBeLessThan(2 * usual)
})

it('works without a season', () => {
  const parsed = decomposition.options.parse({ period: 1, periods: 20 })
  const line = slidingWindows(
    Float64Array.from({ length: 60 }, (_, t) => 3 * t + Math.sin(t * t)),
    21,
  )
  const { model } = decomposition.fit(line, parsed, { random: createRandom(1) })
  const data = Float64Array.from({ length: 21 }, (_, back) => 3 * (80 - back))
  expect(model.score({ data, rows: 1, columns: 21 })[0]).toBeLessThan(0.1)
  data[0]! += 20
  expect(model.score({ data, rows: 1, columns: 21 })[0]).toBeGreaterThan(10)
})
