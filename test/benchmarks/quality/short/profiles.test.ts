import { describe, expect, it } from 'vitest'
import { noiseSpread } from '../../../../benchmarks/quality/short/noise-spread.ts'
import {
  type Profile,
  type SimulatedSeries,
  STEP_MS,
  simulate,
} from '../../../../benchmarks/quality/short/profile.ts'
import { PROFILES } from '../../../../benchmarks/quality/short/profiles.ts'

const label = ({ step, name }: Profile) => `${step} ${name}`
const find = (step: string, name: string) =>
  PROFILES.find((profile) => profile.step === step && profile.name === name)!
const residuals = ({ series, expected }: SimulatedSeries) =>
  Array.from(series.values, (value, i) => value - expected[i]!)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: readonly number[]) => {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
}

it('profiles have names of their own', () => {
  expect(new Set(PROFILES.map(label)).size).toBe(PROFILES.length)
})

describe.each(PROFILES.map((profile) => [label(profile), profile] as const))('%s', (_, profile) => {
  const long = simulate(profile, 3000, 'long')

  it('gives the same series for the same name, and another for another', () => {
    const once = simulate(profile, 300, 'a')
    expect(simulate(profile, 300, 'a')).toEqual(once)
    expect(simulate(profile, 300, 'b').series.values).not.toEqual(once.series.values)
  })

  it('begins with what a longer series begins with', () => {
    expect(simulate(profile, 100, 'a').series.values).toEqual(
      simulate(profile, 300, 'a').series.values.slice(0, 100),
    )
  })

  it('has a point for every step from a midnight on', () => {
    const { timestamps } = long.series
    expect(timestamps[0]! % STEP_MS.daily).toBe(0)
    const steps = new Set(timestamps.slice(1).map((timestamp, i) => timestamp - timestamps[i]!))
    expect([...steps]).toEqual([STEP_MS[profile.step]])
  })

  it('keeps to values that can be', () => {
    expect(Math.min(...long.series.values)).toBeGreaterThanOrEqual(profile.lower)
    expect(Math.max(...long.series.values)).toBeLessThanOrEqual(profile.upper)
    expect(long.series.values.every(Number.isInteger)).toBe(profile.whole)
  })

  it('is expected to be what it is in the middle', () => {
    const noise = residuals(long).filter((_, i) => !long.holidays.has(i))
    const typical = deviation(noise) || 1
    expect(Math.abs(mean(noise)) / typical).toBeLessThan(0.2)
  })

  it('has a spread, and noise as large as its scale says', () => {
    expect(long.spread).toBeGreaterThan(0)
    const usual = mean([...long.scale]) / long.spread
    expect(usual).toBeGreaterThan(0.7)
    expect(usual).toBeLessThan(1.4)
    const standardised = residuals(long)
      .map((residual, i) => residual / long.scale[i]!)
      .filter((_, i) => !long.holidays.has(i))
    const half = standardised.length / 2
    const [early, late] = [standardised.slice(0, half), standardised.slice(half)]
    expect(deviation(early) / deviation(late)).toBeGreaterThan(0.6)
    expect(deviation(early) / deviation(late)).toBeLessThan(1.7)
  })
})

describe('seasons', () => {
  const byWeekday = ({ series, expected }: SimulatedSeries) => {
    const days: number[][] = Array.from({ length: 7 }, () => [])
    const usual = mean([...expected])
    series.timestamps.forEach((timestamp, i) => {
      days[new Date(timestamp).getUTCDay()]!.push(series.values[i]! / usual)
    })
    return days.map(mean)
  }

  it.each([
    ['daily', 'revenue'],
    ['daily', 'sign-ups 400'],
    ['hourly', 'visits'],
    ['hourly', 'traffic'],
  ])('%s %s has a week', (step, name) => {
    const days = byWeekday(simulate(find(step, name), 3000, 'season'))
    expect(Math.max(...days) - Math.min(...days)).toBeGreaterThan(0.1)
  })

  it.each([
    ['daily', 'conversion rate'],
    ['daily', 'white noise'],
    ['hourly', 'latency'],
    ['hourly', 'mean-reverting gauge'],
  ])('%s %s has none', (step, name) => {
    const days = byWeekday(simulate(find(step, name), 6000, 'season'))
    expect(Math.max(...days) - Math.min(...days)).toBeLessThan(0.04)
  })

  it('of hourly visits has a day', () => {
    const { series } = simulate(find('hourly', 'visits'), 2400, 'season')
    const hours: number[][] = Array.from({ length: 24 }, () => [])
    series.values.forEach((value, i) => {
      hours[i % 24]!.push(value)
    })
    const means = hours.map(mean)
    expect(Math.max(...means) / Math.min(...means)).toBeGreaterThan(1.6)
  })
})

describe('noise', () => {
  it.each([3, 30, 400])('of %i sign-ups a day is that of a Poisson count', (count) => {
    const { series, expected } = simulate(find('daily', `sign-ups ${count}`), 4000, 'noise')
    const standardised = Array.from(
      series.values,
      (value, i) => (value - expected[i]!) / Math.sqrt(expected[i]!),
    )
    expect(deviation(standardised)).toBeGreaterThan(0.95)
    expect(deviation(standardised)).toBeLessThan(1.05)
    expect(mean([...expected])).toBeGreaterThan(count * 0.7)
    expect(mean([...expected])).toBeLessThan(count * 1.4)
  })

  it('of a mean-reverting gauge is correlated by 0.7', () => {
    const noise = residuals(simulate(find('daily', 'mean-reverting gauge'), 8000, 'noise'))
    const products = noise.slice(1).map((value, i) => value * noise[i]!)
    expect(mean(products) / deviation(noise) ** 2).toBeGreaterThan(0.65)
    expect(mean(products) / deviation(noise) ** 2).toBeLessThan(0.75)
  })

  it('of latency has heavy tails, and that of white noise has none', () => {
    const beyond = (step: string, name: string) => {
      const long = simulate(find(step, name), 8000, 'tails')
      return residuals(long).filter((residual) => Math.abs(residual) > 4 * long.spread).length
    }
    expect(beyond('hourly', 'latency')).toBeGreaterThan(40)
    expect(beyond('hourly', 'latency with slow hours')).toBeGreaterThan(40)
    expect(beyond('hourly', 'white noise')).toBeLessThan(5)
  })

  it('of errors and of a standing level is rare', () => {
    const errors = simulate(find('hourly', 'errors'), 4000, 'rare').series.values
    expect(errors.filter((value) => value === 0).length / 4000).toBeGreaterThan(0.75)
    expect(Math.max(...errors)).toBeGreaterThan(2)
    const standing = simulate(find('daily', 'standing level'), 4000, 'rare')
    const off = residuals(standing).filter((residual) => Math.abs(residual) > 1e-3).length
    expect(off / 4000).toBeGreaterThan(0.02)
    expect(off / 4000).toBeLessThan(0.06)
  })
})

it('holidays are few and low', () => {
  const { series, holidays, expected } = simulate(find('daily', 'revenue'), 730, 'holidays')
  expect(holidays.size).toBe(14)
  // The same weekday a week before or after, one of which is no holiday.
  const usual = (day: number) => Math.max(expected[day - 7] ?? 0, expected[day + 7] ?? 0)
  for (const day of holidays) expect(series.values[day]!).toBeLessThan(0.75 * usual(day))
})

describe('the spread of noise', () => {
  it('is 1.4826 times the median absolute deviation', () => {
    expect(noiseSpread(Float64Array.of(1, 2, 3, 4, 100))).toBeCloseTo(1.4826, 12)
  })

  it('is the standard deviation where most values are one', () => {
    expect(noiseSpread(Float64Array.of(0, 0, 0, 0, 5))).toBeCloseTo(2, 12)
  })

  it('of nothing, one value, or one that stands still is 0', () => {
    for (const values of [[], [7], [3, 3, 3]]) expect(noiseSpread(Float64Array.from(values))).toBe(0)
  })
})
