import { describe, expect, it } from 'vitest'
import { batchSettings } from '../../src/config/batch-settings.ts'
import { createRandom } from '../../src/core/random.ts'
import type { Series } from '../../src/core/series.ts'
import { adviseBatch } from '../../src/jobs/advice/advise-batch.ts'
import { adviseMetric } from '../../src/jobs/advice/advise-metric.ts'
import { profileSeries } from '../../src/timeseries/profile-series.ts'
import { DAY, gaussian, HOUR, hourly, MONDAY, spaced } from '../timeseries/made-series.ts'

const MINUTE = 60_000
const noise = gaussian(24 * 60, 1)
const without = ({ timestamps, values }: Series, isGone: (index: number) => boolean): Series => ({
  timestamps: timestamps.filter((_, i) => !isGone(i)),
  values: values.filter((_, i) => !isGone(i)),
})

function advise(series: Series, written: Record<string, unknown> = {}, runEvery?: number, metric = 'm') {
  const settings = batchSettings.parse(written)
  const profile = profileSeries(series, settings.time_zone)
  const advice = adviseMetric({ metric, series, profile }, settings, runEvery)
  return { advice, ...adviseBatch([advice], settings) }
}

const keysOf = ({ proposals }: ReturnType<typeof advise>) =>
  Object.fromEntries(proposals.flatMap(({ keys }) => keys.map(({ path, value }) => [path.join('.'), value])))

describe('advice for a metric', () => {
  it('is the default model for most, with what it goes by, and nothing to set', () => {
    const found = advise(hourly(noise.map((v, i) => v + 3 * Math.sin((i * Math.PI) / 12))))
    expect(found.advice).toMatchObject({ judge: 'auto', wishes: {} })
    expect(found.advice.reasons).toEqual([expect.stringMatching(/auto suits it: .*hour of the day \(\d+ %/)])
    expect(keysOf(found)).toEqual({})
  })

  it('is to wait for more points', () => {
    const found = advise(hourly(noise.slice(0, 13)))
    expect(found.advice).toMatchObject({
      judge: 'wait',
      reasons: [expect.stringContaining('begins with 14')],
    })
    expect(found.proposals).toEqual([])
  })

  it('is exact thresholds for what never moved, in the channels of the other alerts', () => {
    expect(keysOf(advise(hourly(new Float64Array(500).fill(512)), { alert_methods: 'console' }))).toEqual({
      'tholdalert_thresholds.m': { upper: 512, lower: 512 },
      disable_tholdalert: false,
      tholdalert_methods: 'console',
      train_exclude_metrics: ['m'],
    })
  })

  it('is an upper threshold for counts that are hardly ever above 0', () => {
    // Five months of hours: five alerts at most are allowed.
    const values = new Float64Array(24 * 155)
    for (const [at, value] of [
      [10, 1],
      [500, 1],
      [900, 3],
      [1500, 9],
      [2000, 1],
      [2001, 2],
      [2900, 4],
      [3500, 1],
    ] as const)
      values[at] = value
    const { advice } = advise(hourly(values))
    expect(advice.judge).toBe('threshold')
    // Above 1 it was four times, above 0 eight times.
    expect(advice.thresholds).toEqual({ upper: 1 })
    expect(advice.reasons[0]).toContain('have alerted 4 times')
  })

  it('is a lower threshold for rates near 1, an upper one near 0, and none in between', () => {
    const random = createRandom(1)
    const near = Float64Array.from(noise, () => 1 - random.next() / 100)
    near[700] = 0.5
    const upper = advise(hourly(near)).advice
    expect(upper.judge).toBe('threshold')
    expect(upper.thresholds?.upper).toBeUndefined()
    expect(upper.thresholds?.lower).toBeGreaterThan(0.98)
    expect(upper.thresholds?.lower).toBeLessThanOrEqual(0.9901)
    const lower = advise(hourly(near.map((value) => 1 - value))).advice
    expect(lower.thresholds?.lower).toBeUndefined()
    expect(lower.thresholds?.upper).toBeCloseTo(0.01, 2)
    expect(advise(hourly(near.map((value) => value - 0.3))).advice.judge).toBe('auto')
  })

  it('is silent on thresholds that are set', () => {
    const constant = hourly(new Float64Array(500).fill(5))
    const set = { disable_tholdalert: false, tholdalert_thresholds: { m: { upper: 9 } } }
    expect(advise(constant, set).advice.judge).toBe('auto')
    const excluded = advise(constant, { ...set, train_exclude_metrics: ['m'] }).advice
    expect(excluded).toMatchObject({ judge: 'own choice', reasons: [expect.stringContaining('thresholds')] })
  })

  it('is a step to resample to where points come irregularly', () => {
    const random = createRandom(3)
    let time = MONDAY
    const timestamps = Float64Array.from(
      noise,
      () => (time += Math.round(random.next() * 20 * MINUTE) + 1000),
    )
    const found = advise({ timestamps, values: noise })
    expect(keysOf(found)).toEqual({ 'preprocess_params.freq': '30min' })
    expect(found.advice.reasons.join()).toContain('irregularly')
    expect(keysOf(advise({ timestamps, values: noise }, { preprocess_params: { freq: '1h' } }))).toEqual({})
  })

  it('is a coarser step where points are far finer than the runs', () => {
    const seconds = spaced(noise, 10_000)
    expect(keysOf(advise(seconds, {}, HOUR))).toEqual({ 'preprocess_params.freq': '2min' })
    expect(keysOf(advise(seconds, {}, 10_000))).toEqual({})
    expect(keysOf(advise(seconds))).toEqual({})
  })

  it('is a step where most points are missing, but not for trading days', () => {
    const random = createRandom(4)
    const sparse = without(hourly(noise), () => random.next() < 0.5)
    expect(keysOf(advise(sparse))).toEqual({ step: '1h' })
    const trading = without(spaced(noise, DAY), (i) => i % 7 > 4)
    expect(keysOf(advise(trading))).toEqual({})
  })

  it('is zero for small counts without rows, and not for large ones', () => {
    const counts = noise.map((value) => Math.max(0, Math.round(value + 2)))
    const gaps = without(hourly(counts), (i) => counts[i] === 0)
    expect(keysOf(advise(gaps))).toEqual({ missing: 'zero' })
    const large = { ...gaps, values: gaps.values.map((value) => value + 1000) }
    expect(keysOf(advise(large))).toEqual({})
  })

  it('is aggregated for counts by the minute', () => {
    const counts = noise.map((value) => Math.round(value * 10 + 100))
    expect(keysOf(advise(spaced(counts, 5 * MINUTE)))).toMatchObject({ aggregated: true })
    const late = spaced(counts, 5 * MINUTE)
    const jittered = { ...late, timestamps: late.timestamps.map((each, i) => each + (i % 7) * 100) }
    expect(keysOf(advise(jittered))).not.toHaveProperty('aggregated')
  })

  it('is a longer window where it does not hold the cycle', () => {
    const minutes = gaussian(12 * 24 * 35, 5).map((v, i) => v + (Math.floor(i / 288) % 7 > 4 ? 5 : 0))
    expect(keysOf(advise(spaced(minutes, 5 * MINUTE)))).toEqual({ train_max_n: 8100 })
    expect(keysOf(advise(spaced(minutes, 5 * MINUTE), { train_max_n: 3000 }))).toEqual({})
  })

  it('is a new beginning after a shift that stays', () => {
    const shifted = hourly(noise.map((value, i) => value + (i >= 24 * 30 ? 40 : 0)))
    expect(keysOf(advise(shifted))).toEqual({ 'new_normal_from.m': '2026-02-04' })
    const fresh = hourly(noise.map((value, i) => value + (i >= 24 * 52 ? 40 : 0)))
    expect(keysOf(advise(fresh))).toEqual({})
  })

  it('is a budget for heavy tails, unless there is a level already', () => {
    const wild = hourly(noise.map((value, i) => (i % 50 === 0 ? value * 30 : value)))
    expect(keysOf(advise(wild))).toEqual({ alert_budget: '1 per week' })
    expect(keysOf(advise(wild, { alert_threshold: 0.9 }))).toEqual({})
  })
})

describe('advice for a batch', () => {
  const settings = batchSettings.parse({})
  const adviceOf = (series: Series, metric: string) =>
    adviseMetric({ metric, series, profile: profileSeries(series, 'UTC') }, settings, undefined)

  it('sets what all metrics want, and tells what only some do', () => {
    const random = createRandom(4)
    const sparse = adviceOf(
      without(hourly(noise), () => random.next() < 0.5),
      'sparse',
    )
    const plain = adviceOf(hourly(noise), 'plain')
    expect(adviseBatch([sparse, { ...sparse, metric: 'other' }], settings).proposals).toMatchObject([
      { keys: [{ path: ['step'], value: '1h' }] },
    ])
    expect(adviseBatch([sparse, plain], settings)).toEqual({
      proposals: [],
      disagreements: [expect.stringContaining('step suits sparse alone')],
    })
  })

  it('keeps many metrics to about one alert a day', () => {
    const plain = adviceOf(hourly(noise), 'plain')
    const budget = (count: number) =>
      adviseBatch(
        Array.from({ length: count }, (_, i) => ({ ...plain, metric: `m${i}` })),
        settings,
      ).proposals.flatMap(({ keys }) => keys.map(({ value }) => value))
    expect([budget(7), budget(25), budget(90), budget(5000)]).toEqual([
      [],
      ['1 per month'],
      ['1 per quarter'],
      ['1 per year'],
    ])
    expect(adviseBatch([], settings)).toEqual({ proposals: [], disagreements: [] })
  })
})
