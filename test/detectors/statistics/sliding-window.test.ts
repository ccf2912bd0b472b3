import { describe, expect, it } from 'vitest'
import { medianOf } from '../../../src/detectors/statistics/median.ts'
import { createSlidingWindow } from '../../../src/detectors/statistics/sliding-window.ts'
import { gaussianRows } from '../samples.ts'

describe('a sliding window', () => {
  it.each([1, 2, 7, 8])('of %i knows what is usual among the last values', (size) => {
    // Rounded, so that some values are there twice.
    const values = gaussianRows(60, 1).data.map((value) => Math.round(value * 3))
    const window = createSlidingWindow(size)
    values.forEach((value, i) => {
      window.push(value)
      const held = values.subarray(Math.max(0, i + 1 - size), i + 1)
      const median = medianOf(held)
      expect(window.values()).toEqual(held)
      expect(window.median()).toBe(median)
      expect(window.medianDeviation()).toBe(medianOf(held.map((other) => Math.abs(other - median))))
      const mean = held.reduce((sum, other) => sum + Math.abs(other - 2) / held.length, 0)
      expect(window.meanDeviation(2)).toBeCloseTo(mean, 12)
    })
  })

  it('has nothing to say when empty', () => {
    const window = createSlidingWindow(3)
    expect([window.median(), window.medianDeviation(), window.meanDeviation(0)]).toEqual([NaN, NaN, NaN])
    expect(window.values()).toHaveLength(0)
  })
})
