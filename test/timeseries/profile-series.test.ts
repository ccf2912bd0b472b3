import { describe, expect, it } from 'vitest'
import { profileSeries } from '../../src/timeseries/profile-series.ts'
import { DAY, gaussian, HOUR, hourly, MONDAY, spaced } from './made-series.ts'

/** Every number of a profile. */
function numbersOf(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : []
}

describe('profile', () => {
  it('says how a series of counts is', () => {
    const values = gaussian(24 * 40, 1).map((value) => Math.max(0, Math.round(2 * value + 3)))
    const profile = profileSeries(hourly(values), 'UTC')
    expect(profile).toMatchObject({
      points: 960,
      first: MONDAY,
      last: MONDAY + 959 * HOUR,
      step: HOUR,
      aligned: true,
      aggregated: true,
      missing: 0,
      kind: 'count',
      shifts: [],
    })
    expect(profile.zeros).toBeCloseTo(0.1, 1)
    expect(profile.atLeast).toBe(profile.zeros)
    expect(profile.quantiles).toMatchObject({ min: 0, median: 3 })
    expect(profile.noise).toBeCloseTo(2, 0)
  })

  it.each([
    ['one point', Float64Array.of(5)],
    ['two points', Float64Array.of(5, 6)],
    ['a constant', new Float64Array(500).fill(-3)],
    ['zeros', new Float64Array(500)],
    ['huge values', gaussian(500, 2).map((value) => value * 1e307)],
    ['tiny values', gaussian(500, 2).map((value) => value * 1e-300)],
    ['one huge value', Float64Array.from({ length: 500 }, (_, i) => (i === 100 ? 1.7e308 : i % 7))],
  ])('has only finite numbers for %s', (_, values) => {
    const numbers = numbersOf(profileSeries(hourly(values), 'UTC'))
    expect(numbers.length).toBeGreaterThan(10)
    expect(numbers.filter((number) => !Number.isFinite(number))).toEqual([])
  })

  it('does not depend on the unit of the values', () => {
    const values = gaussian(600, 3).map((value, i) => value + (i > 300 ? 30 : 0))
    const [one, other] = [values, values.map((value) => value * 1e120)].map((each) =>
      profileSeries(spaced(each, DAY), 'UTC'),
    )
    expect(other!.trend.total).toBeCloseTo(one!.trend.total, 6)
    expect(other!.tails).toBeCloseTo(one!.tails!, 6)
    expect(other!.shifts[0]!.to / 1e120).toBeCloseTo(one!.shifts[0]!.to, 6)
    expect(other!.noise / 1e120).toBeCloseTo(one!.noise, 6)
  })
})
