import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { poly } from '../../../src/detectors/series/poly.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const learn = (series: ArrayLike<number>, options: object) => {
  const parsed = poly.options.parse(options)
  const windows = slidingWindows(Float64Array.from(series), parsed.window_size)
  return poly.fit(windows, parsed, { random: createRandom(1) })
}

it.each([0, 1, 2, 3, 5])('leads a polynomial of degree %i on without error', (power) => {
  const series = Float64Array.from({ length: 40 }, (_, t) => 3 + (t / 10) ** power)
  const { model } = learn(seasonalSeries(60), { window_size: 12, power })
  expect(Math.max(...model.score(slidingWindows(series, 12)))).toBeLessThan(1e-8)
})

it('counts in robust standard deviations of training errors', () => {
  // The mean of 0 and 1, alternating, is half a unit away from either.
  const { model, trainScores } = learn(
    Array.from({ length: 40 }, (_, t) => t % 2),
    { window_size: 5, power: 0 },
  )
  expect(trainScores[0]).toBeCloseTo(0.6745, 10)
  const high = { data: Float64Array.of(10.5, 1, 0, 1, 0), rows: 1, columns: 5 }
  expect(model.score(high)[0]).toBeCloseTo((10 / 0.5) * 0.6745, 10)
})

it('tolerates one percent of a series that it foretells exactly', () => {
  const { model } = learn(new Float64Array(60).fill(200), { window_size: 12 })
  const last = (value: number) => {
    const data = new Float64Array(12).fill(200)
    data[0] = value
    return model.score({ data, rows: 1, columns: 12 })[0]
  }
  expect(last(200)).toBe(0)
  expect(last(202)).toBeCloseTo(1, 10)
})

it('refuses more degrees than values', () => {
  expect(() => learn(seasonalSeries(40), { window_size: 5, power: 4 })).toThrow(/lower power/)
})
