import { describe, expect, it } from 'vitest'
import { cyclesOf } from '../../src/timeseries/cycles.ts'
import { DAY, gaussian, HOUR, hourly, MONDAY, spaced } from './made-series.ts'

const options = { step: HOUR, timeZone: 'UTC' }
const present = (series: Parameters<typeof cyclesOf>[0], given = options) =>
  cyclesOf(series, given).flatMap(({ name, present: is }) => (is ? [name] : []))

const hours = gaussian(24 * 7 * 8, 1)

describe('cycles', () => {
  it('finds the hour of the day, and how much of the variance it is', () => {
    const series = hourly(hours.map((value, i) => value + 3 * Math.sin((i * Math.PI) / 12)))
    const found = cyclesOf(series, options)
    expect(found.map(({ name, present: is }) => [name, is])).toEqual([
      ['hour of the day', true],
      ['day of the week', false],
    ])
    // A sine of amplitude 3 has a variance of 4.5, the noise of 1.
    expect(found[0]!.share).toBeCloseTo(4.5 / 5.5, 1)
  })

  it('finds the day of the week in hours and in days', () => {
    const isWeekend = (day: number) => day % 7 >= 5
    expect(present(hourly(hours.map((v, i) => v + (isWeekend(Math.floor(i / 24)) ? 2 : 0))))).toEqual([
      'day of the week',
    ])
    const days = gaussian(120, 2).map((value, i) => value - (isWeekend(i) ? 4 : 0))
    expect(present(spaced(days, DAY), { ...options, step: DAY })).toEqual(['day of the week'])
  })

  it('finds the day of the month, which is not the day of the week', () => {
    const values = gaussian(365, 3)
    const series = spaced(values, DAY)
    series.timestamps.forEach((timestamp, i) => {
      if (new Date(timestamp).getUTCDate() === 1) values[i]! += 12
    })
    expect(present(series, { ...options, step: DAY })).toEqual(['day of the month'])
  })

  it('finds the minute of the hour', () => {
    const values = gaussian(60 * 48, 4).map((value, i) => value + (i % 60 < 5 ? 5 : 0))
    expect(present(spaced(values, 60_000), { ...options, step: 60_000 })).toContain('minute of the hour')
  })

  it('takes neither noise nor a cycle of another length for one of the calendar', () => {
    for (let seed = 10; seed < 30; seed++) expect(present(hourly(gaussian(24 * 42, seed)))).toEqual([])
    expect(present(hourly(hours.map((value, i) => value + 3 * Math.sin((i * 2 * Math.PI) / 31))))).toEqual([])
    let level = 0
    expect(present(hourly(hours.map((value) => (level += value))))).toEqual([])
  })

  it('goes by the clocks of the time zone', () => {
    const timeZone = 'America/New_York'
    const spring = hourly(gaussian(24 * 7 * 20, 5))
    const morning = new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' })
    const values = spring.values.map(
      (value, i) => value + (Number(morning.format(spring.timestamps[i])) === 9 ? 8 : 0),
    )
    const series = { ...spring, values }
    const share = (zone: string) => cyclesOf(series, { step: HOUR, timeZone: zone })[0]!.share
    // The clocks change in between: in UTC it is at one hour in winter and another in summer.
    expect(share(timeZone)).toBeGreaterThan(share('UTC') + 0.1)
  })

  it('works where nights and weekends have no points, and is not moved by outliers', () => {
    const kept = hours.map((value, i) => value + 3 * Math.sin((i * Math.PI) / 12))
    kept[100] = 1e9
    const timestamps: number[] = []
    const values: number[] = []
    kept.forEach((value, i) => {
      const isOpen = i % 24 >= 8 && i % 24 < 18 && Math.floor(i / 24) % 7 < 5
      if (!isOpen) return
      timestamps.push(MONDAY + i * HOUR)
      values.push(value)
    })
    const series = { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values) }
    expect(present(series)).toEqual(['hour of the day'])
  })

  it('says nothing of what was not seen often enough, or does not move', () => {
    expect(cyclesOf(hourly(gaussian(48, 6)), options)).toEqual([])
    expect(cyclesOf(spaced(gaussian(50, 6), 30 * DAY), { ...options, step: 30 * DAY })).toEqual([])
    expect(present(hourly(new Float64Array(24 * 60).fill(3)))).toEqual([])
  })
})
