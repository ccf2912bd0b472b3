import { describe, expect, it } from 'vitest'
import { decideThresholds, type ThresholdQuestion } from '../../src/alerts/decide-thresholds.ts'

const decide = (values: readonly number[], question: Partial<ThresholdQuestion> = {}) =>
  decideThresholds(
    { timestamps: Float64Array.from(values, (_, index) => index), values: Float64Array.from(values) },
    { bounds: { upper: 90, lower: 10 }, recentN: 3, snoozeN: 3, raised: new Set(), ...question },
  )

describe('decideThresholds', () => {
  it('finds one breach among 50, 95, 30', () => {
    expect(decide([50, 95, 30])).toEqual([{ index: 1, side: 'upper', bound: 90 }])
  })

  it('finds one breach in four in a row when snoozed for three', () => {
    expect(decide([95, 96, 97, 98], { recentN: 4 })).toHaveLength(1)
  })

  it('is strict: a value on the bound is no breach', () => {
    expect(decide([90, 10])).toEqual([])
  })

  it('finds a breach of the lower bound, and of a bound of 0', () => {
    expect(decide([5])).toEqual([{ index: 0, side: 'lower', bound: 10 }])
    expect(decide([-1], { bounds: { lower: 0 } })).toEqual([{ index: 0, side: 'lower', bound: 0 }])
  })

  it('finds nothing without bounds or without points', () => {
    expect(decide([1e9], { bounds: {} })).toEqual([])
    expect(decide([])).toEqual([])
  })

  it('bugs of the original, 3.4: a breach recorded in an earlier run snoozes those after it', () => {
    const values = [95, 96]
    expect(decide(values, { recentN: 1, raised: new Set([0]) })).toEqual([])
    expect(decide(values, { recentN: 1 })).toHaveLength(1)
  })
})
