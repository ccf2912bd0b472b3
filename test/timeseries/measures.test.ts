import { describe, expect, it } from 'vitest'
import { bucketMedians } from '../../src/timeseries/bucket-medians.ts'
import { medianOf, quantileOf } from '../../src/timeseries/quantile.ts'
import { regularityOf } from '../../src/timeseries/regularity.ts'
import { robustSpread } from '../../src/timeseries/robust-spread.ts'
import { stillnessOf } from '../../src/timeseries/stillness.ts'
import { tailWeight } from '../../src/timeseries/tails.ts'
import { trendOf } from '../../src/timeseries/trend.ts'
import { valueKindOf } from '../../src/timeseries/value-kind.ts'
import { DAY, gaussian, HOUR, hourly, WEEK } from './made-series.ts'

describe('quantile', () => {
  it('is linear between neighbours, and NaN of nothing', () => {
    expect(quantileOf(Float64Array.of(0, 10, 20), 0.25)).toBe(5)
    expect(quantileOf(Float64Array.of(7), 0.9)).toBe(7)
    expect(quantileOf(new Float64Array(), 0.5)).toBeNaN()
    expect(medianOf(Float64Array.of(9, 1, 5, 3))).toBe(4)
  })
})

describe('robust spread', () => {
  it('is the standard deviation of Gaussian values, outliers or not', () => {
    const values = gaussian(5000, 1).map((value) => value * 3 + 100)
    expect(robustSpread(values)).toBeCloseTo(3, 0)
    values.fill(1e9, 0, 200)
    expect(robustSpread(values)).toBeLessThan(3.4)
  })

  it('is 0 of constant values alone', () => {
    expect(robustSpread(new Float64Array(9).fill(4))).toBe(0)
    expect(robustSpread(new Float64Array())).toBe(0)
    const mostlyStill = new Float64Array(100)
    mostlyStill[50] = 10
    expect(robustSpread(mostlyStill)).toBeGreaterThan(0)
  })
})

describe('regularity', () => {
  it('counts missing points and distances that are no whole steps', () => {
    expect(regularityOf(Float64Array.of(0, 1, 2, 5, 6), 1)).toEqual({
      onStep: 1,
      oneStep: 0.75,
      missing: 2,
      missingShare: 2 / 7,
    })
    expect(regularityOf(Float64Array.of(0, 10, 15, 25), 10)).toMatchObject({ onStep: 2 / 3, missing: 0 })
    expect(regularityOf(Float64Array.of(0), 10)).toMatchObject({ onStep: 1, missing: 0 })
  })

  it('takes clock changes for whole days', () => {
    const days = Float64Array.of(0, DAY, 2 * DAY - HOUR, 3 * DAY - HOUR, 4 * DAY)
    expect(regularityOf(days, DAY)).toMatchObject({ onStep: 1, missing: 0 })
  })
})

describe('stillness', () => {
  it('finds the longest stretch and the share of points that did not move', () => {
    expect(stillnessOf(Float64Array.of(1, 1, 2, 2, 2, 3))).toEqual({ unchanged: 3 / 5, longest: 3 })
    expect(stillnessOf(Float64Array.of(1))).toEqual({ unchanged: 1, longest: 1 })
  })
})

describe('kind of values', () => {
  it.each([
    ['constant', [3, 3, 3]],
    ['constant', [0]],
    ['flag', [0, 1, 1]],
    ['count', [0, 1, 7]],
    ['integer', [-2, 0, 5]],
    ['rate', [0, 0.25, 1]],
    ['continuous', [0, 0.25, 1.5]],
    ['continuous', [-0.5, 0.5]],
  ])('is %s of %j', (kind, values) => {
    expect(valueKindOf(Float64Array.from(values))).toBe(kind)
  })
})

describe('bucket medians', () => {
  it('leaves empty buckets out', () => {
    const series = { timestamps: Float64Array.of(0, 1, 2, 30), values: Float64Array.of(5, 1, 9, 4) }
    expect(bucketMedians(series, 10)).toEqual({
      timestamps: Float64Array.of(0, 30),
      values: Float64Array.of(5, 4),
    })
  })
})

describe('trend', () => {
  const noise = gaussian(1000, 2)

  it('is the slope in spreads a week, whatever a tenth of the points is', () => {
    const values = noise.map((value, i) => 10 + value + (i * HOUR * 0.5) / WEEK)
    for (let i = 3; i < values.length; i += 10) values[i] = 1e6
    const { perWeek, total } = trendOf(hourly(values))
    expect(perWeek).toBeGreaterThan(0.4)
    expect(perWeek).toBeLessThan(0.55)
    expect(total).toBeCloseTo((perWeek * 999 * HOUR) / WEEK, 6)
  })

  it('is next to nothing of noise, of a season and of few points', () => {
    expect(Math.abs(trendOf(hourly(noise)).total)).toBeLessThan(0.5)
    const season = noise.map((value, i) => value + 20 * Math.sin((i * Math.PI) / 12))
    expect(Math.abs(trendOf(hourly(season)).total)).toBeLessThan(0.5)
    expect(trendOf(hourly(Float64Array.of(1, 2, 3)))).toEqual({ slope: 0, perWeek: 0, total: 0 })
    expect(trendOf(hourly(new Float64Array(100).fill(3)))).toEqual({ slope: 0, perWeek: 0, total: 0 })
  })

  it('is finite of a line without noise', () => {
    expect(trendOf(hourly(Float64Array.from({ length: 100 }, (_, i) => -i))).total).toBeLessThan(-100)
    expect(Number.isFinite(trendOf(hourly(Float64Array.from({ length: 100 }, (_, i) => i))).total)).toBe(true)
  })
})

describe('tails', () => {
  it('are 1 of Gaussian noise, with any season', () => {
    const noise = gaussian(20_000, 3)
    expect(tailWeight(noise)).toBeCloseTo(1, 0)
    expect(tailWeight(noise.map((value, i) => value + 50 * Math.sin((i * Math.PI) / 144)))).toBeCloseTo(1, 0)
    expect(tailWeight(gaussian(60, 4))).toBeGreaterThan(0.5)
    expect(tailWeight(gaussian(60, 4))).toBeLessThan(1.7)
  })

  it('are heavy where outliers are', () => {
    const values = gaussian(5000, 5).map((value, i) => (i % 250 === 7 ? value + 30 : value))
    expect(tailWeight(values)).toBeGreaterThan(6)
  })

  it('cannot be told of few points, nor of a series that hardly moves', () => {
    expect(tailWeight(gaussian(20, 6))).toBeUndefined()
    expect(tailWeight(new Float64Array(500).fill(1))).toBeUndefined()
  })
})
