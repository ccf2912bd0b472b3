import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Series } from '../../src/core/series.ts'
import { judgedSeries } from '../../src/models/judged-series.ts'
import { fitMetric } from '../../src/models/metric-model.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { createReplayer, type ReplayedPoint } from '../../src/models/replay.ts'
import type { ReplayOptions } from '../../src/models/replay-options.ts'
import { replaySeries } from '../../src/models/replay-series.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { defaultSpec, MINUTE, makeSeries, START, slice } from './samples.ts'

const options: ReplayOptions = { metric: 'm', maxPoints: 200, maxAgeMs: Number.POSITIVE_INFINITY }

function pushAll(
  series: Series,
  spec: ModelSpec = defaultSpec,
  given: ReplayOptions = options,
): ReplayedPoint[] {
  const replayer = createReplayer(spec, given)
  const points = Array.from(series.timestamps, (timestamp, i) =>
    replayer.push(timestamp, series.values[i]!),
  ).flat()
  return [...points, ...replayer.flush()]
}

describe('createReplayer', () => {
  it('is learning first, and says so', () => {
    const points = pushAll(makeSeries(20))
    expect(points).toHaveLength(20)
    expect(points[9]).toEqual({
      timestamp: START + 45 * MINUTE,
      value: points[9]!.value,
      score: null,
      expected: null,
      lower: null,
      upper: null,
      reason: 'learning, 9 of 14 points',
    })
    expect(points[13]!.score).toBeNull()
    expect(points[14]!.score).toBeTypeOf('number')
  })

  it('scores each point by the model of those before it alone', () => {
    const series = makeSeries(60)
    const points = pushAll(series)
    for (const at of [14, 15, 20, 29, 30]) {
      const before = fitMetric(slice(series, 0, at), defaultSpec, { metric: 'm' })
      if (before.status !== 'fitted') throw new Error('learning')
      const wanted = new Set([series.timestamps[at]!])
      const scored = scoreMetric(before.model, defaultSpec, slice(series, 0, at + 1), { wanted })
      expect(points[at]).toEqual({
        timestamp: series.timestamps[at],
        value: series.values[at],
        score: scored.scores[0],
        expected: scored.expected[0],
        lower: scored.lower[0],
        upper: scored.upper[0],
        reason: scored.reasons[0],
      })
    }
  })

  it('never knows the future: other points later change nothing before', () => {
    const series = makeSeries(300)
    const changed = { ...series, values: series.values.map((value, i) => (i >= 250 ? value * 5 : value)) }
    expect(pushAll(changed).slice(0, 250)).toEqual(pushAll(series).slice(0, 250))
  })

  it('sees a spike', () => {
    const series = makeSeries(300)
    const spiked = { ...series, values: series.values.map((value, i) => (i === 280 ? value + 80 : value)) }
    expect(pushAll(spiked)[280]).toMatchObject({ score: 1, reason: expect.stringMatching(/^moved by \+8\d/) })
  })

  it('ignores a timestamp that comes again and refuses one that goes back', () => {
    const replayer = createReplayer(defaultSpec, options)
    expect(replayer.push(1000, 1)).toHaveLength(1)
    expect(replayer.push(1000, 2)).toEqual([])
    for (const [timestamp, value] of [
      [999, 1],
      [Number.NaN, 1],
      [2000, Number.NaN],
      [2000, Number.POSITIVE_INFINITY],
    ] as const)
      expect(() => replayer.push(timestamp, value)).toThrow(
        expect.objectContaining({ code: 'INPUT_INVALID', at: { metric: 'm' } }),
      )
    expect(replayer.push(2000, 1)).toHaveLength(1)
  })

  it('forgets what is older than the window, in points and in time', () => {
    const spike = (series: Series) => ({
      ...series,
      values: series.values.map((value, i) => (i === 5 ? 1e6 : value)),
    })
    const series = makeSeries(400)
    const model = (given: ReplayOptions) => {
      const replayer = createReplayer(defaultSpec, given)
      const noisy = spike(series)
      for (const [i, timestamp] of noisy.timestamps.entries()) replayer.push(timestamp, noisy.values[i]!)
      const result = replayer.refit()
      return result.status === 'fitted' ? result.model : undefined
    }
    expect(model({ ...options, maxPoints: 100 })).toMatchObject({ count: 100, from: series.timestamps[300] })
    expect(model({ ...options, maxAgeMs: 50 * 5 * MINUTE })).toMatchObject({
      count: 51,
      from: series.timestamps[349],
    })
  })

  it('emits buckets as they close where points are resampled', () => {
    const spec = { ...defaultSpec, preprocess: { ...defaultSpec.preprocess, freq: '10min' } }
    const replayer = createReplayer(spec, options)
    expect(replayer.push(START + MINUTE, 1)).toEqual([])
    expect(replayer.push(START + 9 * MINUTE, 3)).toEqual([])
    expect(replayer.push(START + 11 * MINUTE, 5)).toMatchObject([{ timestamp: START, value: 2 }])
    // Two buckets without a point are gaps, and no points.
    expect(replayer.push(START + 45 * MINUTE, 7)).toMatchObject([
      { timestamp: START + 10 * MINUTE, value: 5 },
    ])
    expect(replayer.flush()).toMatchObject([{ timestamp: START + 40 * MINUTE, value: 7 }])
    expect(replayer.flush()).toEqual([])
  })

  it('says where a gap keeps a point from being judged', () => {
    const spec = { ...defaultSpec, preprocess: { ...defaultSpec.preprocess, freq: '5min' } }
    const series = makeSeries(100)
    const gap = {
      timestamps: series.timestamps.filter((_, i) => i !== 80),
      values: series.values.filter((_, i) => i !== 80),
    }
    const points = pushAll(gap, spec)
    expect(points).toHaveLength(99)
    expect(points[80]).toMatchObject({ score: null, reason: expect.stringContaining('gap') })
    expect(points[79]!.score).toBeTypeOf('number')
    expect(points[89]!.score).toBeTypeOf('number')
  })
})

describe('replaySeries', () => {
  const cases = fc.record({
    steps: fc.record({
      diff_n: fc.integer({ min: 0, max: 2 }),
      smooth_n: fc.integer({ min: 0, max: 3 }),
      lags_n: fc.integer({ min: 0, max: 3 }),
      freq: fc.constantFrom(null, '5min', '15min'),
      freq_agg: fc.constantFrom('mean' as const, 'sum' as const),
    }),
    gaps: fc.array(fc.constantFrom(1, 1, 1, 2, 5, 30), { minLength: 40, maxLength: 150 }),
    maxPoints: fc.integer({ min: 10, max: 120 }),
    refitGrowth: fc.constantFrom(0.05, 0.2, 0.5),
    maxAgeMs: fc.constantFrom(Number.POSITIVE_INFINITY, 200 * MINUTE),
    detectors: fc.constantFrom<ModelSpec['detectors']>(
      defaultSpec.detectors,
      [{ name: 'SubKNN', tag: 'w', params: { window_size: 7 } }],
      [defaultSpec.detectors[1]!, { name: 'SubPCA', tag: 'w', params: { window_size: 16 } }],
    ),
    seed: fc.nat(),
  })
  /** Those that learn point by point judge one column. */
  const learners: ModelSpec['detectors'] = [
    { name: 'OnlineRobustZ', tag: 'z', params: { window_size: 20 } },
    { name: 'RobustRandomCutForest', tag: 'rrcf', params: { num_trees: 3, tree_size: 16 } },
  ]

  it.each(['as they are', 'learning'])(
    'gives the numbers of pushing point by point, bit for bit: models %s',
    (how) => {
      fc.assert(
        fc.property(cases, ({ steps, gaps, seed, detectors, ...given }) => {
          const spec: ModelSpec =
            how === 'learning'
              ? {
                  ...defaultSpec,
                  minPoints: 10,
                  update: 'online',
                  detectors: learners,
                  preprocess: { ...steps, lags_n: 0 },
                }
              : { ...defaultSpec, preprocess: steps, minPoints: 10, detectors }
          let at = START
          const timestamps = Float64Array.from(gaps, (gap) => (at += gap * MINUTE * 3))
          const series = { timestamps, values: makeSeries(gaps.length, seed).values }
          const all = { ...options, ...given }
          const pushed = pushAll(series, spec, all).filter(({ score }) => score !== null)
          const { scored } = replaySeries(series, spec, all)
          expect(Array.from(scored.timestamps)).toEqual(pushed.map(({ timestamp }) => timestamp))
          expect(Array.from(scored.values)).toEqual(pushed.map(({ value }) => value))
          expect(Array.from(scored.scores)).toEqual(pushed.map(({ score }) => score))
          expect(Array.from(scored.expected)).toEqual(pushed.map(({ expected }) => expected))
          expect(Array.from(scored.lower)).toEqual(pushed.map(({ lower }) => lower))
          expect(Array.from(scored.upper)).toEqual(pushed.map(({ upper }) => upper))
          expect(scored.reasons).toEqual(pushed.map(({ reason }) => reason))
        }),
        { numRuns: 50 },
      )
    },
  )

  it('ends with the model that the replayer ends with', () => {
    const series = makeSeries(300)
    const replayer = createReplayer(defaultSpec, options)
    for (const [i, timestamp] of series.timestamps.entries()) replayer.push(timestamp, series.values[i]!)
    const [streamed, bulk] = [replayer.refit(), replaySeries(series, defaultSpec, options).refit()]
    if (streamed.status !== 'fitted' || bulk.status !== 'fitted') throw new Error('learning')
    expect(bulk.model.detectors.map(({ model: { state }, scale }) => ({ state, scale }))).toEqual(
      streamed.model.detectors.map(({ model: { state }, scale }) => ({ state, scale })),
    )
    expect(bulk.model.expectation).toEqual(streamed.model.expectation)
  })

  it('takes rows of the batch’s own preprocessing', () => {
    const series = makeSeries(120)
    const spiked = { ...series, values: series.values.map((value, i) => (i === 100 ? 500 : value)) }
    const features = { timestamps: spiked.timestamps, data: spiked.values, columns: 1, names: [] }
    const { scored } = replaySeries(spiked, defaultSpec, { ...options, features })
    expect(scored.timestamps[0]).toBe(series.timestamps[14])
    expect(scored.scores[86]).toBe(1)
  })

  it('of nothing, or of too little, is empty', () => {
    for (const points of [0, 1, 13]) {
      const { scored, refit } = replaySeries(makeSeries(points), defaultSpec, options)
      expect(scored.timestamps).toHaveLength(0)
      expect(refit()).toMatchObject({ status: 'learning', points })
    }
  })
})

it('judgedSeries is the grid that scores stand on', () => {
  const { preprocess } = defaultSpec
  const series = makeSeries(50)
  expect(judgedSeries(series, preprocess)).toBe(series)
  const grid = judgedSeries(series, { ...preprocess, freq: '1h' })
  expect([...grid.timestamps]).toEqual([0, 1, 2, 3, 4].map((hour) => START + hour * 60 * MINUTE))
})
