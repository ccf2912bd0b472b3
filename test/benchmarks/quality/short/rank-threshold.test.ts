import { describe, expect, it } from 'vitest'
import {
  chanceOfReaching,
  countAlerts,
  rankThreshold,
} from '../../../../benchmarks/quality/short/rank-threshold.ts'

const of = (...scores: number[]) => Float64Array.from(scores)

describe('alerts at a threshold', () => {
  it('are points that reach it, but none within the refractory period of the last', () => {
    const scores = of(0, 5, 5, 1, 5, Number.NaN, 7)
    expect(countAlerts(scores, 5, 0)).toBe(4)
    expect(countAlerts(scores, 5, 1)).toBe(3)
    expect(countAlerts(scores, 5, 2)).toBe(2)
    expect(countAlerts(scores, 7, 0)).toBe(1)
    expect(countAlerts(scores, 8, 0)).toBe(0)
  })
})

describe('the threshold of a budget', () => {
  it('lets as many clean points alert as are allowed', () => {
    const series = [of(1, 2, 3, 4, 5), of(6, 7, Number.NaN, 8, 9)]
    const found = rankThreshold({ series, allowed: 4, refractory: 0 })
    expect(found).toMatchObject({ strict: 6, loose: 5, share: 0 })
    expect(chanceOfReaching(6, found)).toBe(1)
    expect(chanceOfReaching(5.5, found)).toBe(0)
  })

  it('lies between two where many points share a score', () => {
    const found = rankThreshold({ series: [of(1, 1, 1, 1, 3)], allowed: 2, refractory: 0 })
    expect(found).toEqual({ strict: 3, loose: 1, share: 0.25 })
    expect(chanceOfReaching(3, found)).toBe(1)
    expect(chanceOfReaching(2, found)).toBe(0.25)
    expect(chanceOfReaching(0, found)).toBe(0)
  })

  it('is above all scores where not even one alert is allowed', () => {
    const found = rankThreshold({ series: [of(1, 2)], allowed: 0.25, refractory: 0 })
    expect(found).toEqual({ strict: Number.POSITIVE_INFINITY, loose: 2, share: 0.25 })
    expect(chanceOfReaching(9, found)).toBe(0.25)
  })

  it('is below all where every point may alert, and above everything where nothing was judged', () => {
    expect(rankThreshold({ series: [of(1, 2)], allowed: 5, refractory: 0 })).toMatchObject({ strict: 1 })
    const nothing = rankThreshold({ series: [of(Number.NaN)], allowed: 5, refractory: 0 })
    expect(chanceOfReaching(1e9, nothing)).toBe(0)
    expect(chanceOfReaching(Number.NEGATIVE_INFINITY, nothing)).toBe(0)
  })
})
