import { describe, expect, it } from 'vitest'
import type { Series } from '../../../src/core/series.ts'
import type { ModelSpec } from '../../../src/models/model-spec.ts'
import { replaySeries } from '../../../src/models/replay-series.ts'
import { type ProbeSettings, probeSeries } from '../../../src/models/simulation/probe-series.ts'
import { ANOMALY_KINDS, injectAnomaly } from '../../../src/timeseries/inject-anomaly.ts'
import { defaultSpec, makeSeries, slice } from '../samples.ts'

const auto: ModelSpec = {
  ...defaultSpec,
  detectors: [{ name: 'auto', tag: 'auto', params: { time_zone: 'UTC', alerts_per_week: null } }],
  update: 'online',
}
const learning: ModelSpec = {
  ...defaultSpec,
  detectors: [{ name: 'HalfSpaceTrees', tag: 'trees', params: {} }],
  update: 'online',
}
const specs: readonly (readonly [string, ModelSpec])[] = [
  ['models that are fitted', defaultSpec],
  ['a model that learns point by point', learning],
  ['a model that knows the time', auto],
]

// No new fit while an anomaly lasts, which a probe leaves out.
const settings: ProbeSettings = {
  maxPoints: 500,
  maxAgeMs: Number.POSITIVE_INFINITY,
  refitGrowth: 100,
  sizes: [2, 8],
  within: 10,
}
const series = makeSeries(300)
const places = [120, 200, 290]
const timesOf = (points: readonly number[], { timestamps }: Series = series) =>
  points.map((point) => timestamps[point]!)

describe('a stop on the way of a replay', () => {
  it.each(specs)('changes nothing, with %s', (_, spec) => {
    const options = { metric: 'm', maxPoints: 100, maxAgeMs: Number.POSITIVE_INFINITY }
    const visited: [number, boolean][] = []
    const stops = {
      at: [0, 1, 13, 14, 15, 99, 299],
      visit: (point: number, model: unknown) => void visited.push([point, model !== undefined]),
    }
    const stopped = replaySeries(series, spec, { ...options, stops })
    expect(stopped.scored).toEqual(replaySeries(series, spec, options).scored)
    expect(visited).toEqual([
      [0, false],
      [1, false],
      [13, false],
      [14, true],
      [15, true],
      [99, true],
      [299, true],
    ])
  })
})

describe('a probed anomaly', () => {
  it.each(specs)('gets the scores that a replay of it alone gives, with %s', (_, spec) => {
    const { noise, trials, scored } = probeSeries(
      { metric: 'm', series, at: timesOf(places) },
      spec,
      settings,
    )
    expect(trials).toHaveLength(places.length * (5 * settings.sizes.length + 1))
    for (const { kind, size, at, begin, end } of trials) {
      const point = series.timestamps.indexOf(at)
      const down = places.indexOf(point) % 2 === 1 && (kind === 'level shift' || kind === 'trend break')
      const length = kind === 'spike' || kind === 'dip' ? 1 : 10
      const injection = { kind, at: point, length, size: down ? -size : size }
      const values = injectAnomaly(series.values, injection, noise)
      const alone = replaySeries(slice({ ...series, values }, 0, point + 10), spec, {
        ...settings,
        metric: 'm',
      }).scored
      const of = ({ timestamps, scores }: typeof scored, from: number, to?: number) => [
        [...timestamps.subarray(from, to)],
        [...scores.subarray(from, to)],
      ]
      expect([kind, size, ...of(scored, begin, end)]).toEqual([
        kind,
        size,
        ...of(alone, alone.timestamps.length - 10),
      ])
    }
  })

  it('is of every kind, and a flat line of one size', () => {
    const { trials } = probeSeries({ metric: 'm', series, at: timesOf([150]) }, auto, settings)
    expect(trials.map(({ kind, size }) => `${kind} ${size}`)).toEqual(
      ANOMALY_KINDS.flatMap((kind) => (kind === 'flat line' ? [8] : [2, 8]).map((size) => `${kind} ${size}`)),
    )
  })

  it('is not there while the metric is learning, and is cut off at the end of the series', () => {
    const { trials, scored } = probeSeries({ metric: 'm', series, at: timesOf([5, 297]) }, auto, settings)
    expect(new Set(trials.map(({ at }) => at))).toEqual(new Set(timesOf([297])))
    expect(trials.every(({ begin, end }) => end - begin === 3)).toBe(true)
    expect(scored.timestamps).toHaveLength(trials.length * 3)
  })

  it('is put into the points that are judged, where these are resampled', () => {
    const spec: ModelSpec = { ...auto, preprocess: { ...auto.preprocess, freq: '15min' } }
    const at = [series.timestamps[150]!]
    const { trials, scored } = probeSeries({ metric: 'm', series, at }, spec, settings)
    const { begin, end } = trials[0]!
    const steps = [...scored.timestamps.subarray(begin, end)].map((time) => (time - at[0]!) / 60_000)
    expect(steps).toEqual([0, 15, 30, 45, 60, 75, 90, 105, 120, 135])
  })

  it.each([
    ['constant', new Float64Array(300).fill(5)],
    ['huge', Float64Array.from(series.values, (_, i) => (i % 3 === 0 ? -1.7e308 : 1.7e308))],
  ])('leaves a %s series with numbers', (_, values) => {
    const { noise, scored } = probeSeries(
      { metric: 'm', series: { ...series, values }, at: timesOf([200]) },
      auto,
      settings,
    )
    expect(noise).toBeGreaterThan(0)
    expect(scored.scores.every((score) => score >= 0 && score <= 1)).toBe(true)
  })
})
