import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Series } from '../../src/core/series.ts'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { scoreAndLearn } from '../../src/models/learning.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { replaySeries } from '../../src/models/replay-series.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { defaultSpec, makeSeries, slice } from './samples.ts'

const spec: ModelSpec = {
  ...defaultSpec,
  detectors: [
    { name: 'OnlineRobustZ', tag: 'z', params: { window_size: 30 } },
    { name: 'RobustRandomCutForest', tag: 'rrcf', params: { num_trees: 3, tree_size: 16 } },
  ],
  preprocess: { ...defaultSpec.preprocess, diff_n: 0, smooth_n: 2, lags_n: 0 },
  update: 'online',
}
const FITTED = 60
const POINTS = 160
const series = makeSeries(POINTS)
const timeOf = (point: number) => series.timestamps[point]!

/** As a bundle keeps it: nothing is shared with the model that it was made of. */
const stored = (model: MetricModel) => decodeModel(encodeModel(model))

function fitted(points: Series = slice(series, 0, FITTED)): MetricModel {
  const result = fitMetric(points, spec, { metric: 'm' })
  if (result.status !== 'fitted') throw new Error('learning')
  return stored(result.model)
}

/** One run over the points from `from` to `end`, the end excluded, which is to score some of them. */
function learn(
  model: MetricModel,
  given: {
    readonly points?: Series
    readonly from: number
    readonly end: number
    readonly wanted: Iterable<number>
  },
) {
  const { points = series, from, end, wanted } = given
  const { scored, learned } = scoreAndLearn(stored(model), spec, slice(points, Math.max(0, from - 5), end), {
    until: timeOf(end - 1),
    wanted: new Set([...wanted].map(timeOf)),
  })
  return { scored, model: learned === undefined ? model : stored(learned), learned }
}

const range = (begin: number, end: number) => Array.from({ length: end - begin }, (_, i) => begin + i)
const whole = learn(fitted(), { from: FITTED, end: POINTS, wanted: range(FITTED, POINTS) })

describe('scoreAndLearn', () => {
  it('judges each point by what came before it, and learns from it', () => {
    expect(whole.scored.timestamps).toEqual(series.timestamps.slice(FITTED))
    expect(whole.learned).toMatchObject({ to: timeOf(POINTS - 1), count: POINTS, from: timeOf(0) })
    const fixed = scoreMetric(fitted(), spec, series, { from: timeOf(FITTED) })
    expect(whole.scored.scores[0]).toBe(fixed.scores[0])
    expect(whole.scored.scores).not.toEqual(fixed.scores)
    expect(encodeModel(whole.model)).not.toEqual(encodeModel(fitted()))
  })

  it('knows after the training and learning what a longer training knows', () => {
    const state = ({ detectors }: MetricModel) => detectors[0]!.model.state
    expect(state(whole.model)).toEqual(state(fitted(series)))
  })

  it('gives the scores and the model of one run, however the points are spread over runs, and whatever was scored before', () => {
    const steps = fc.array(
      fc.record({ points: fc.integer({ min: 1, max: 40 }), skipped: fc.nat({ max: 3 }) }),
    )
    fc.assert(
      fc.property(steps, (given) => {
        let model = fitted()
        let end = FITTED
        for (const { points, skipped } of [...given, { points: POINTS, skipped: 0 }]) {
          const from = end
          end = Math.min(POINTS, end + points)
          if (end === from) break
          const wanted = range(from, end).filter((point) => skipped === 0 || point % (skipped + 1) !== 0)
          const run = learn(model, { from, end, wanted })
          wanted.forEach((point, row) => {
            expect(run.scored.scores[row]).toBe(whole.scored.scores[point - FITTED])
          })
          model = run.model
        }
        expect(encodeModel(model)).toEqual(encodeModel(whole.model))
      }),
      { numRuns: 30 },
    )
  })

  it('learns nothing twice: not what it has learned, not what is restated, and not what comes late', () => {
    const again = learn(whole.model, { from: 100, end: POINTS, wanted: [] })
    expect(again).toMatchObject({ learned: undefined, scored: { timestamps: new Float64Array() } })
    const restated = { ...series, values: series.values.map((value, i) => (i === 150 ? value + 40 : value)) }
    const run = learn(whole.model, { points: restated, from: 100, end: POINTS, wanted: [150] })
    expect(run.learned).toBeUndefined()
    expect(run.scored).toMatchObject({ timestamps: Float64Array.of(timeOf(150)), scores: Float64Array.of(1) })
  })

  it('learns what was scored already, and judges what comes after it', () => {
    const run = learn(fitted(), { from: FITTED, end: POINTS, wanted: [POINTS - 1] })
    expect(run.scored.scores).toEqual(whole.scored.scores.slice(-1))
    expect(encodeModel(run.model)).toEqual(encodeModel(whole.model))
  })

  it('learns from no point after the time that is given', () => {
    const { learned } = scoreAndLearn(fitted(), spec, series, {
      until: timeOf(99),
      wanted: new Set([timeOf(99)]),
    })
    expect(learned).toMatchObject({ to: timeOf(99), count: 100 })
  })

  it('lets a level that stays become usual, also when it was an anomaly at first', () => {
    const shifted = { ...series, values: series.values.map((value, i) => (i < 80 ? value : value + 500)) }
    const { scored } = learn(fitted(), {
      points: shifted,
      from: FITTED,
      end: POINTS,
      wanted: range(FITTED, POINTS),
    })
    expect(scored.scores[80 - FITTED + 1]).toBeGreaterThan(0.9)
    expect(scored.opinions[0]!.probabilities.at(-1)).toBeLessThan(0.8)
    const fixed = scoreMetric(fitted(), spec, shifted)
    expect(fixed.opinions[0]!.probabilities.at(-1)).toBe(1)
  })

  it('takes rows of the batch’s own preprocessing', () => {
    const features = { timestamps: series.timestamps, data: series.values, columns: 1, names: [] }
    const result = fitMetric(slice(series, 0, FITTED), spec, {
      metric: 'm',
      features: {
        ...features,
        timestamps: features.timestamps.slice(0, FITTED),
        data: features.data.slice(0, FITTED),
      },
    })
    if (result.status !== 'fitted') throw new Error('learning')
    const { scored, learned } = scoreAndLearn(result.model, spec, series, {
      until: timeOf(POINTS - 1),
      features,
      from: timeOf(100),
    })
    expect(scored.timestamps).toEqual(series.timestamps.slice(100))
    expect(learned).toMatchObject({ count: POINTS })
  })
})

it('a replay scores as a model that learned from its first points on', () => {
  const options = { metric: 'm', maxPoints: 1000, maxAgeMs: Number.POSITIVE_INFINITY, refitGrowth: 5 }
  const { scored } = replaySeries(series, spec, options)
  // Up to 30 points every new one gives a new model, and with 31 the next is due after 155 more.
  const model = fitted(slice(series, 0, 31))
  const live = scoreAndLearn(model, spec, series, { until: timeOf(POINTS - 1), from: timeOf(31) }).scored
  const from = scored.timestamps.indexOf(timeOf(31))
  expect(live.scores).toEqual(scored.scores.slice(from))
  expect(live.reasons).toEqual(scored.reasons.slice(from))
})
