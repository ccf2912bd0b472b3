import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Series } from '../../src/core/series.ts'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { scoreAndLearn } from '../../src/models/learning.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { createReplayer } from '../../src/models/replay.ts'
import { replaySeries } from '../../src/models/replay-series.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { defaultSpec, MINUTE, makeSeries, START, slice } from './samples.ts'

const auto: ModelSpec = {
  ...defaultSpec,
  detectors: [{ name: 'auto', tag: 'auto', params: {} }],
  update: 'online',
}
const options = { metric: 'm', maxPoints: 100, maxAgeMs: Number.POSITIVE_INFINITY }

function spiked(points: number, ...at: readonly number[]): Series {
  const { timestamps, values } = makeSeries(points)
  return { timestamps, values: values.map((value, i) => (at.includes(i) ? value + 200 : value)) }
}

function fitted(series: Series, spec = auto): MetricModel {
  const result = fitMetric(series, spec, { metric: 'm' })
  if (result.status !== 'fitted') throw new Error('learning')
  return decodeModel(encodeModel(result.model))
}

describe('a model that knows the time', () => {
  it('gives in one go the numbers of pushing point by point, bit for bit', () => {
    const gaps = fc.array(fc.constantFrom(1, 1, 1, 2, 5, 30), { minLength: 40, maxLength: 150 })
    fc.assert(
      fc.property(gaps, fc.constantFrom(null, '15min'), fc.nat(), (gap, freq, seed) => {
        const spec = { ...auto, preprocess: { ...auto.preprocess, freq } }
        let at = START
        const timestamps = Float64Array.from(gap, (steps) => (at += steps * 5 * MINUTE))
        const series = { timestamps, values: makeSeries(gap.length, seed).values }
        const replayer = createReplayer(spec, options)
        const pushed = [...timestamps].flatMap((timestamp, i) => replayer.push(timestamp, series.values[i]!))
        const judged = [...pushed, ...replayer.flush()].filter(({ score }) => score !== null)
        const { scored } = replaySeries(series, spec, options)
        expect([...scored.timestamps]).toEqual(judged.map(({ timestamp }) => timestamp))
        expect([...scored.scores]).toEqual(judged.map(({ score }) => score))
        expect([...scored.strangeness!]).toEqual(judged.map(({ strangeness }) => strangeness))
        expect([...scored.levels!]).toEqual(judged.map(({ level }) => level))
        expect([...scored.begins!].map(Boolean)).toEqual(judged.map(({ begins }) => begins))
        expect([...scored.lower].map((bound) => (Number.isNaN(bound) ? null : bound))).toEqual(
          judged.map(({ lower }) => lower),
        )
        expect(scored.reasons).toEqual(judged.map(({ reason }) => reason))
      }),
      { numRuns: 15 },
    )
  })

  it('is not fitted again while points come', () => {
    const all = { ...options, maxPoints: 20 }
    const { scored } = replaySeries(spiked(400, 300), auto, all)
    expect([...scored.timestamps].filter((_, i) => scored.begins![i] === 1)).toEqual([
      START + 300 * 5 * MINUTE,
    ])
    // A model of twenty points would not have come down from what the first ones are judged by.
    expect(scored.levels!.at(-1)).toBeLessThan(2)
  })

  it('judges the same in one run as in many, stored in between', () => {
    const series = spiked(200, 150)
    const until = (model: MetricModel, end: number) => {
      const { scored, learned } = scoreAndLearn(model, auto, slice(series, 0, end), {
        until: series.timestamps[end - 1]!,
        wanted: new Set(series.timestamps.slice(model.count, end)),
      })
      return { scored, model: decodeModel(encodeModel(learned!)) }
    }
    const whole = until(fitted(slice(series, 0, 100)), 200)
    let model = fitted(slice(series, 0, 100))
    const parts = [101, 130, 151, 152, 200].map((end) => {
      const part = until(model, end)
      model = part.model
      return part.scored
    })
    const joined = (pick: (part: (typeof parts)[number]) => ArrayLike<number>) =>
      parts.flatMap((part) => Array.from(pick(part)))
    expect(joined(({ scores }) => scores)).toEqual([...whole.scored.scores])
    expect(joined(({ levels }) => levels!)).toEqual([...whole.scored.levels!])
    expect(joined(({ begins }) => begins!)).toEqual([...whole.scored.begins!])
    expect(encodeModel(model)).toEqual(encodeModel(whole.model))
  })

  it('judges a point after a gap of its resampled series, and none in the gap', () => {
    const spec = { ...auto, preprocess: { ...auto.preprocess, freq: '5min' } }
    const series = makeSeries(100)
    const gappy = {
      timestamps: series.timestamps.filter((_, i) => i < 60 || i > 70),
      values: series.values.filter((_, i) => i < 60 || i > 70),
    }
    const { scored } = replaySeries(gappy, spec, options)
    expect(scored.timestamps).toContain(series.timestamps[71])
    expect(scored.timestamps).not.toContain(series.timestamps[65])
  })

  it('together with others lends them its band, and leaves the decision to the scores', () => {
    const spec: ModelSpec = { ...auto, detectors: [...auto.detectors, ...defaultSpec.detectors] }
    const series = spiked(120, 110)
    const model = fitted(slice(series, 0, 100), spec)
    const scored = scoreMetric(model, spec, series, { from: series.timestamps[100]! })
    const alone = scoreMetric(fitted(slice(series, 0, 100)), auto, series, { from: series.timestamps[100]! })
    expect(scored.expected).toEqual(alone.expected)
    expect(scored.reasons).toEqual(alone.reasons)
    expect(alone.levels).toHaveLength(20)
    expect(scored.levels).toBeUndefined()
    expect(scored.opinions.map(({ tag }) => tag)).toEqual(['auto', 'pca_default', 'knn_default'])
  })
})
