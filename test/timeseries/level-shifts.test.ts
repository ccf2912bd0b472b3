import { describe, expect, it } from 'vitest'
import { levelShiftsOf } from '../../src/timeseries/level-shifts.ts'
import { DAY, gaussian, HOUR, hourly, MONDAY, spaced } from './made-series.ts'

const noise = gaussian(24 * 60, 1)

describe('level shifts', () => {
  it('finds when the level changed, from what to what', () => {
    const series = hourly(
      noise.map((value, i) => value + 5 * Math.sin((i * Math.PI) / 12) + (i >= 24 * 40 ? 20 : 0)),
    )
    const [shift, ...others] = levelShiftsOf(series, HOUR)
    expect(others).toEqual([])
    expect(shift?.at).toBe(MONDAY + 40 * DAY)
    expect(shift!.to - shift!.from).toBeCloseTo(20, 0)
    expect(shift!.size).toBeGreaterThan(5)
  })

  it('finds several, up and down', () => {
    const level = (i: number) => (i < 20 * 24 ? 0 : i < 40 * 24 ? 15 : -5)
    const found = levelShiftsOf(hourly(noise.map((value, i) => value + level(i))), HOUR)
    expect(found.map(({ at }) => (at - MONDAY) / DAY)).toEqual([20, 40])
    expect(found.map(({ size }) => Math.sign(size))).toEqual([1, -1])
  })

  it('takes neither noise, season, trend, nor a few days for one', () => {
    expect(levelShiftsOf(hourly(noise), HOUR)).toEqual([])
    expect(levelShiftsOf(hourly(noise.map((v, i) => v + 9 * Math.sin((i * Math.PI) / 12))), HOUR)).toEqual([])
    expect(levelShiftsOf(hourly(noise.map((v, i) => v + i / 20)), HOUR)).toEqual([])
    expect(levelShiftsOf(hourly(noise.map((v, i) => v + (i > 600 && i < 650 ? 40 : 0))), HOUR)).toEqual([])
    const weekly = spaced(
      gaussian(300, 2).map((v, i) => v + (i % 7 > 4 ? 30 : 0)),
      DAY,
    )
    expect(levelShiftsOf(weekly, DAY)).toEqual([])
  })

  it('seldom finds one in a random walk', () => {
    let found = 0
    for (let seed = 3; seed < 43; seed++) {
      let level = 0
      found += levelShiftsOf(hourly(gaussian(24 * 60, seed).map((v) => (level += v))), HOUR).length
    }
    expect(found).toBeLessThanOrEqual(4)
  })

  it('is finite where there is no noise, and nothing where there is no change', () => {
    const still = Float64Array.from({ length: 100 }, (_, i) => (i < 50 ? 1 : 2))
    expect(levelShiftsOf(spaced(still, DAY), DAY)).toMatchObject([{ from: 1, to: 2, size: 100 }])
    expect(levelShiftsOf(spaced(new Float64Array(100).fill(7), DAY), DAY)).toEqual([])
    expect(levelShiftsOf(spaced(Float64Array.of(1), DAY), DAY)).toEqual([])
  })
})
