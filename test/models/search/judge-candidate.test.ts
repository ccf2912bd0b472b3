import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Series } from '../../../src/core/series.ts'
import type { ModelSpec } from '../../../src/models/model-spec.ts'
import { judgeCandidate } from '../../../src/models/search/judge-candidate.ts'
import { gauss } from '../../detectors/samples.ts'
import { defaultSpec } from '../samples.ts'

const DAY = 86_400_000
const holdout = { from: 0.6, to: 1 }

/** Daily values with a week of seven levels. */
function weekly(points = 400): Series {
  const random = createRandom(2)
  return {
    timestamps: Float64Array.from({ length: points }, (_, i) => i * DAY),
    values: Float64Array.from(
      { length: points },
      (_, i) => 100 + 20 * Math.sin((2 * Math.PI * i) / 7) + gauss(random),
    ),
  }
}

const spec = (name: string, preprocess: Partial<ModelSpec['preprocess']>, params = {}): ModelSpec => ({
  ...defaultSpec,
  detectors: [{ name, tag: name, params }],
  preprocess: { ...defaultSpec.preprocess, ...preprocess },
})
const judge = (chosen: ModelSpec, series = weekly(), feedback = new Map<number, boolean>()) =>
  judgeCandidate({ metric: 'm', series, feedback }, chosen, holdout)

it('prefers what sees the season to what does not', () => {
  const seasonal = judge(spec('KNN', { diff_n: 0, smooth_n: 0, lags_n: 7 }))
  const blind = judge(spec('MAD', { diff_n: 0, smooth_n: 0, lags_n: 0 }))
  expect(seasonal).toBeGreaterThan(blind + 0.1)
  expect(seasonal).toBeLessThanOrEqual(1)
  expect(blind).toBeGreaterThan(0)
})

it('gives the same number each time, and never changes the series', () => {
  const series = weekly()
  const before = series.values.slice()
  const first = judge(defaultSpec, series)
  expect(judge(defaultSpec, series)).toBe(first)
  expect(series.values).toEqual(before)
})

it('follows what people said of points', () => {
  const series = weekly()
  const caught = [300, 330, 360]
  for (const at of caught) series.values[at]! += 60
  const feedback = new Map(caught.map((at) => [series.timestamps[at]!, true]))
  const chosen = spec('KNN', { diff_n: 0, smooth_n: 0, lags_n: 0 })
  expect(judge(chosen, series, feedback)).toBe(1)
  // The same points called false alarms are what is not to be found.
  const refused = new Map([...feedback.keys()].map((at) => [at, false]))
  expect(judge(chosen, series, refused)).toBeLessThan(0.9)
})

it('judges detectors of windows too', () => {
  expect(judge(spec('SeasonalRobustZ', {}, { period: 7 }))).toBeGreaterThan(0.7)
})

it('is NaN where there are too few points, and for what cannot be fitted', () => {
  expect(judge(defaultSpec, weekly(12))).toBeNaN()
  expect(judge(spec('MAD', {}))).toBeNaN()
  expect(judge(spec('NoSuch', {}))).toBeNaN()
})
