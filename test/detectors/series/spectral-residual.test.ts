import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { saliency } from '../../../src/detectors/series/saliency.ts'
import { spectralResidual } from '../../../src/detectors/series/spectral-residual.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const learn = (series: Float64Array, options: object = {}) => {
  const parsed = spectralResidual.options.parse(options)
  return spectralResidual.fit(slidingWindows(series, parsed.window_size), parsed, { random: createRandom(1) })
}

it('finds a spike where it is', () => {
  const series = seasonalSeries(200).map((value, t) => value + (t === 77 ? 15 : 0))
  const found = saliency(series, 3)
  expect(found.indexOf(Math.max(...found))).toBe(77)
})

it('is highest when the spike is the newest value', () => {
  const { trainScores } = learn(seasonalSeries(200).map((value, t) => value + (t === 150 ? 15 : 0)))
  expect(trainScores.indexOf(Math.max(...trainScores))).toBe(150 - 58)
})

it('does not depend on units', () => {
  const series = seasonalSeries(100)
  const scores = learn(series).trainScores
  expect(learn(series.map((value) => value * 2 ** 70)).trainScores).toEqual(scores)
  expect(learn(series.map((value) => value * 2 ** -70)).trainScores).toEqual(scores)
})

it('judges by what its options say', () => {
  const series = seasonalSeries(120)
  const scores = learn(series).trainScores
  for (const options of [{ score_window: 5 }, { estimated_points: 0 }, { average_window: 7 }])
    expect(learn(series, options).trainScores).not.toEqual(scores)
  expect(() => learn(series, { window_size: 10, score_window: 11 })).toThrow(/lower score_window/)
  expect(() => learn(series, { window_size: 10 })).toThrow(/lower average_window/)
})
