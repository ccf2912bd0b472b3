import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Series } from '../../src/core/series.ts'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { reachOf } from '../../src/models/detector-rows.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { defaultSpec, MINUTE, makeSeries, START, slice } from './samples.ts'

const METRIC = { metric: 'm' }

function fitted(series: Series, spec: ModelSpec = defaultSpec, metric = 'm'): MetricModel {
  const result = fitMetric(series, spec, { metric })
  if (result.status !== 'fitted') throw new Error(`learning, ${result.points} of ${result.needed}`)
  return result.model
}

describe('fitMetric', () => {
  it('is learning below minPoints, and says how far it is', () => {
    expect(fitMetric(makeSeries(9), defaultSpec, METRIC)).toEqual({
      status: 'learning',
      points: 9,
      needed: 14,
    })
    expect(fitMetric(makeSeries(0), defaultSpec, METRIC)).toEqual({
      status: 'learning',
      points: 0,
      needed: 14,
    })
    expect(fitMetric(makeSeries(14), defaultSpec, METRIC).status).toBe('fitted')
  })

  it('is learning until there is a row at all, whatever minPoints says', () => {
    const spec = { ...defaultSpec, minPoints: 1 }
    expect(fitMetric(makeSeries(8), spec, METRIC)).toEqual({ status: 'learning', points: 8, needed: 9 })
  })

  it('leaves out a detector that cannot be fitted, and says so', () => {
    const spec = { ...defaultSpec, minPoints: 10 }
    const result = fitMetric(makeSeries(11), spec, METRIC)
    expect(result).toMatchObject({
      status: 'fitted',
      problems: [expect.stringContaining('knn_default is left out')],
    })
    expect(fitted(makeSeries(11), spec).detectors.map(({ tag }) => tag)).toEqual(['pca_default'])
  })

  it('throws TRAINING_IMPOSSIBLE, naming the metric, when none can be', () => {
    const spec = { ...defaultSpec, minPoints: 9, detectors: [{ name: 'KNN', tag: 'k', params: {} }] }
    expect(() => fitMetric(makeSeries(9), spec, METRIC)).toThrow(
      expect.objectContaining({ code: 'TRAINING_IMPOSSIBLE', at: { metric: 'm' } }),
    )
    const unknown = { ...defaultSpec, detectors: [{ name: 'Nope', tag: 'k', params: {} }] }
    expect(() => fitMetric(makeSeries(90), unknown, METRIC)).toThrow(/Nope/)
    const wrong = { ...defaultSpec, detectors: [{ name: 'KNN', tag: 'k', params: { n_neighbors: 'many' } }] }
    expect(() => fitMetric(makeSeries(90), wrong, METRIC)).toThrow(/k is left out/)
  })

  it('throws when gaps leave no complete row', () => {
    const spec = { ...defaultSpec, preprocess: { ...defaultSpec.preprocess, freq: '5min' } }
    const all = makeSeries(80)
    const everyOther = {
      timestamps: all.timestamps.filter((_, i) => i % 2 === 0),
      values: all.values.filter((_, i) => i % 2 === 0),
    }
    expect(() => fitMetric(everyOther, spec, METRIC)).toThrow(/gap/)
  })

  it('depends on the name and the seed, not on what was fitted before', () => {
    const spec = { ...defaultSpec, detectors: [{ name: 'IForest', tag: 'trees', params: {} }] }
    const series = makeSeries(300)
    const bytes = (name: string, seed = 0) => encodeModel(fitted(series, { ...spec, seed }, name))
    const first = bytes('a')
    bytes('b')
    expect(bytes('a')).toEqual(first)
    expect(bytes('a', 1)).not.toEqual(first)
    expect(decodeModel(bytes('b')).detectors[0]!.model.state).not.toEqual(
      decodeModel(first).detectors[0]!.model.state,
    )
  })

  it('takes a constant series', () => {
    const { timestamps } = makeSeries(100)
    const constant = { timestamps, values: new Float64Array(100).fill(7) }
    const scored = scoreMetric(fitted(constant), defaultSpec, constant)
    expect(scored.scores.every((score) => score === 0)).toBe(true)
    expect(scored.expected.every((value) => value === 7)).toBe(true)
    expect(scored.lower.every((value, i) => value < 7 && scored.upper[i]! > 7)).toBe(true)
    const jump = { timestamps, values: constant.values.map((value, i) => (i === 99 ? 8 : value)) }
    expect(scoreMetric(fitted(constant), defaultSpec, jump).scores.at(-1)).toBeGreaterThan(0)
  })
})

describe('scoreMetric', () => {
  const series = makeSeries(400)
  const spiked = {
    timestamps: series.timestamps,
    values: series.values.map((value, i) => (i === 399 ? value + 60 : value)),
  }
  const model = fitted(slice(series, 0, 399))

  it('scores a spike high, the rest low, and says why', () => {
    const scored = scoreMetric(model, defaultSpec, spiked)
    expect(scored.scores.at(-1)).toBe(1)
    expect(Math.max(...scored.scores.subarray(0, 300))).toBeLessThan(1)
    expect(scored.values.at(-1)).toBe(spiked.values[399])
    expect(scored.expected.at(-1)).toBeCloseTo(spiked.values[398]!, 0)
    expect(scored.upper.at(-1)).toBeLessThan(spiked.values[399]!)
    expect(scored.reasons.at(-1)).toMatch(
      /^moved by \+\d+(\.\d+)? in one step, \d+\.\d times its usual spread \(PCA 1\.00, KNN 1\.00\)$/,
    )
  })

  it('covers about the calibrated share of the training values', () => {
    const scored = scoreMetric(model, defaultSpec, slice(series, 0, 399))
    const inside = scored.values.filter(
      (value, i) => value >= scored.lower[i]! && value <= scored.upper[i]!,
    ).length
    expect(inside / scored.values.length).toBeGreaterThan(0.97)
  })

  it('blames the earlier step that the lags still show', () => {
    const after = {
      timestamps: series.timestamps,
      values: series.values.map((value, i) => (i >= 398 ? value + 60 : value)),
    }
    expect(scoreMetric(model, defaultSpec, after).reasons.at(-1)).toMatch(
      /after a step of \d+\.\d times its usual spread the point before/,
    )
  })

  it('rounds scores as the batch wants, and combines as it wants', () => {
    const scores = (combination: ModelSpec['combination']) =>
      scoreMetric(model, { ...defaultSpec, combination, scoreRounding: 2 }, series)
    const mean = scores('mean')
    const [pca, knn] = mean.opinions.map(({ probabilities }) => probabilities)
    mean.scores.forEach((score, i) => {
      expect(score).toBeCloseTo((pca![i]! + knn![i]!) / 2, 1)
      expect(Math.round(score * 100) / 100).toBe(score)
      expect(scores('max').scores.length).toBe(mean.scores.length)
    })
    expect(scores('max').scores.every((score, i) => score >= scores('min').scores[i]!)).toBe(true)
  }, 120_000)

  it('gives reasons only from a score on when asked to', () => {
    const scored = scoreMetric(model, defaultSpec, spiked, { reasonsFrom: 0.99 })
    expect(scored.reasons.at(-1)).not.toBe('')
    expect(scored.reasons[0]).toBe('')
  })

  it('says what a value is where nothing is differenced', () => {
    const spec = { ...defaultSpec, preprocess: { ...defaultSpec.preprocess, diff_n: 0 } }
    const scored = scoreMetric(fitted(slice(series, 0, 399), spec), spec, spiked)
    expect(scored.reasons.at(-1)).toMatch(/^is 1\d\d.* where \d+.* is usual/)
  })

  it('takes rows of the batch’s own preprocessing', () => {
    const features = { timestamps: series.timestamps, data: series.values, columns: 1, names: ['value'] }
    const result = fitMetric(series, defaultSpec, { metric: 'm', features })
    if (result.status !== 'fitted') throw new Error('learning')
    const own = { ...features, data: spiked.values }
    const scored = scoreMetric(result.model, defaultSpec, spiked, {
      features: own,
      from: series.timestamps[390]!,
    })
    expect(scored.timestamps).toEqual(series.timestamps.slice(390))
    expect(scored.scores.at(-1)).toBe(1)
    expect(() => scoreMetric(result.model, defaultSpec, spiked)).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })

  const specs = fc.record({
    diff_n: fc.integer({ min: 0, max: 3 }),
    smooth_n: fc.integer({ min: 0, max: 4 }),
    lags_n: fc.integer({ min: 0, max: 6 }),
    detectors: fc.subarray(['PCA', 'KNN', 'IForest', 'MAD'], { minLength: 1 }),
    // Of a detector that judges windows of raw values.
    window: fc.constantFrom(undefined, undefined, 4, 12),
    combination: fc.constantFrom(
      'mean' as const,
      'max' as const,
      'median' as const,
      'majority_vote' as const,
    ),
  })
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })

  it('gives bit-identical results in bulk, for any suffix, one by one, and from a restored model', () => {
    fc.assert(
      fc.property(
        specs,
        fc.array(finite, { minLength: 60, maxLength: 90 }),
        fc.nat({ max: 59 }),
        (given, values, begin) => {
          const { detectors, combination, window, ...steps } = given
          const spec: ModelSpec = {
            ...defaultSpec,
            combination,
            detectors: [
              ...detectors.map((name) => ({ name, tag: name, params: {} })),
              ...(window === undefined
                ? []
                : [{ name: 'SubKNN', tag: 'windows', params: { window_size: window } }]),
            ],
            preprocess: { ...defaultSpec.preprocess, ...steps },
          }
          const all = {
            timestamps: Float64Array.from(values, (_, i) => START + i * MINUTE),
            values: Float64Array.from(values),
          }
          // MAD judges one column.
          if (window === undefined && detectors.join() === 'MAD' && steps.lags_n > 0) return
          const fittedModel = fitted(slice(all, 0, 50), spec)
          const bulk = scoreMetric(fittedModel, spec, all)
          const restored = scoreMetric(decodeModel(encodeModel(fittedModel)), spec, all)
          expect(restored).toEqual(bulk)

          const from = all.timestamps[begin]!
          const suffix = scoreMetric(fittedModel, spec, slice(all, Math.max(0, begin - reachOf(spec))), {
            from,
          })
          const first = bulk.timestamps.findIndex((timestamp) => timestamp >= from)
          expect(suffix.scores).toEqual(bulk.scores.slice(first))

          for (const [i, timestamp] of bulk.timestamps.entries()) {
            const at = all.timestamps.indexOf(timestamp)
            const context = slice(all, Math.max(0, at - reachOf(spec)), at + 1)
            const one = scoreMetric(fittedModel, spec, context, { wanted: new Set([timestamp]) })
            expect([one.scores[0], one.expected[0], one.lower[0], one.upper[0]]).toEqual([
              bulk.scores[i],
              bulk.expected[i],
              bulk.lower[i],
              bulk.upper[i],
            ])
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('detectors of windows', () => {
  const windows = (size: number) => ({ name: 'SubKNN', tag: 'windows', params: { window_size: size } })
  const mixed: ModelSpec = { ...defaultSpec, detectors: [defaultSpec.detectors[0]!, windows(20)] }

  it('judge raw values, whatever the preprocessing of the others', () => {
    const alone = { ...defaultSpec, detectors: [windows(20)] }
    const series = makeSeries(200)
    const other = { ...alone, preprocess: { ...alone.preprocess, diff_n: 2, smooth_n: 0, lags_n: 1 } }
    const model = fitted(series, alone)
    expect(fitted(series, other).detectors[0]!.model.state).toEqual(model.detectors[0]!.model.state)
    expect(model).toMatchObject({ columns: 0, detectors: [{ window: 20 }] })
    const { timestamps, scores } = scoreMetric(model, alone, series)
    expect(timestamps).toEqual(series.timestamps.slice(19))
    expect(scores.every(Number.isFinite)).toBe(true)
  })

  it('leave a point with too few points before it to the others', () => {
    const series = makeSeries(200)
    const model = fitted(series, mixed)
    const { timestamps, scores, opinions, reasons } = scoreMetric(model, mixed, series)
    expect(timestamps).toEqual(series.timestamps.slice(8))
    expect(scores.every(Number.isFinite)).toBe(true)
    const [pca, sub] = opinions.map(({ probabilities }) => probabilities)
    expect(sub!.slice(0, 11).every(Number.isNaN)).toBe(true)
    expect(sub!.slice(11).every(Number.isFinite)).toBe(true)
    expect(scores[5]).toBeCloseTo(pca![5]!, 4)
    expect(scores[50]).toBeCloseTo((pca![50]! + sub![50]!) / 2, 4)
    expect(reasons[5]).toMatch(/\(PCA \d\.\d\d\)$/)
    expect(reasons[50]).toMatch(/\(PCA \d\.\d\d, SubKNN \d\.\d\d\)$/)
  })

  it('are learning until there is a window, and left out while the others can be fitted', () => {
    const alone = { ...defaultSpec, detectors: [windows(20)] }
    expect(fitMetric(makeSeries(19), alone, METRIC)).toEqual({ status: 'learning', points: 19, needed: 20 })
    expect(fitMetric(makeSeries(14), mixed, METRIC)).toMatchObject({
      status: 'fitted',
      model: { detectors: [{ tag: 'pca_default' }] },
      problems: [expect.stringMatching(/^windows is left out: SubKNN needs at least/)],
    })
  })

  it('stand beside rows of the batch’s own preprocessing', () => {
    const series = makeSeries(120)
    const features = {
      timestamps: series.timestamps.slice(3),
      data: series.values.slice(3),
      columns: 1,
      names: [],
    }
    const result = fitMetric(series, mixed, { metric: 'm', features })
    if (result.status !== 'fitted') throw new Error('learning')
    const { timestamps } = scoreMetric(result.model, mixed, series, { features })
    expect(timestamps).toEqual(features.timestamps)
    expect(result.model).toMatchObject({ columns: 1, detectors: [{ tag: 'pca_default' }, { window: 20 }] })
  })

  it('are looked back at as far as their windows for the reason of a score', () => {
    const alone = { ...defaultSpec, detectors: [windows(20)] }
    const series = makeSeries(200)
    const spiked = { ...series, values: series.values.map((value, i) => (i === 185 ? value + 60 : value)) }
    const { reasons } = scoreMetric(fitted(series, alone), alone, spiked)
    expect(reasons.at(-1)).toContain('14 points before')
  })
})

it('a vote counts the labels of the detectors', () => {
  const spec: ModelSpec = {
    ...defaultSpec,
    combination: 'majority_vote',
    detectors: ['PCA', 'KNN', 'IForest'].map((name) => ({
      name,
      tag: name,
      params: { contamination: 0.05 },
    })),
  }
  const series = makeSeries(300)
  const spiked = { ...series, values: series.values.map((value, i) => (i === 250 ? value + 60 : value)) }
  const model = fitted(series, spec)
  const { scores } = scoreMetric(model, spec, spiked)
  expect(new Set(scores)).toEqual(new Set([0, 1]))
  expect(scores[250 - 8]).toBe(1)
  expect(scores.filter((score) => score === 1).length / scores.length).toBeLessThan(0.15)
  expect(fitted(series).detectors.every(({ threshold }) => threshold === undefined)).toBe(true)
})

describe('bugs of the original', () => {
  it('2.2 train: counts the points and trains on all of them, the newest 13 too', () => {
    const series = makeSeries(40)
    const model = fitted(series)
    expect(model).toMatchObject({ count: 40, from: series.timestamps[0], to: series.timestamps[39] })
    // A spike in the newest point is part of what the model knows.
    const spiked = { ...series, values: series.values.map((value, i) => (i === 39 ? value + 100 : value)) }
    expect(encodeModel(fitted(spiked))).not.toEqual(encodeModel(model))
    expect(scoreMetric(fitted(spiked), defaultSpec, spiked).expected.at(-1)).toBeTypeOf('number')
  })

  it('2.2 train: a metric with 14 points has a model, and none between 22 and 26 fails', () => {
    for (let points = 14; points <= 27; points++) expect(fitted(makeSeries(points)).detectors).toHaveLength(2)
  })

  it('2.3 BUG C: with freq the scored points are those of the grid', () => {
    const spec = { ...defaultSpec, preprocess: { ...defaultSpec.preprocess, freq: '10min' } }
    const series = makeSeries(200)
    const scored = scoreMetric(fitted(series, spec), spec, series)
    expect(scored.timestamps.every((timestamp) => timestamp % (10 * MINUTE) === 0)).toBe(true)
    const bucket = series.timestamps.indexOf(scored.timestamps[10]!)
    expect(scored.values[10]).toBeCloseTo((series.values[bucket]! + series.values[bucket + 1]!) / 2, 10)
  })
})
