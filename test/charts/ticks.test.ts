import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { niceAxis } from '../../src/charts/ticks.ts'

describe('niceAxis', () => {
  it.each([
    [0, 97, 5, [0, 20, 40, 60, 80, 100]],
    [0.1, 0.32, 4, [0.1, 0.2, 0.3, 0.4]],
    [-7, 8, 4, [-10, -5, 0, 5, 10]],
    [1200, 1900, 3, [1000, 1250, 1500, 1750, 2000]],
    [1000001, 1000003, 2, [1000001, 1000002, 1000003]],
  ])('of %d to %d about %d', (low, high, count, ticks) => {
    expect(niceAxis(low, high, count).ticks).toEqual(ticks)
  })

  it('holds its bounds, ascends and stays short for any two doubles', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(double, double, fc.integer({ min: 2, max: 10 }), (a, b, count) => {
        fc.pre(a !== b)
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const axis = niceAxis(low, high, count)
        const slack = Math.abs(high / 2 - low / 2) * 1e-6
        expect(axis.low - slack).toBeLessThanOrEqual(low)
        expect(axis.high + slack).toBeGreaterThanOrEqual(high)
        expect(axis.ticks.length).toBeLessThanOrEqual(count + 3)
        for (let index = 1; index < axis.ticks.length; index++)
          expect(axis.ticks[index]).toBeGreaterThan(axis.ticks[index - 1]!)
        for (const tick of axis.ticks) expect(Number.isFinite(tick)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
