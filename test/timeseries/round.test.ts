import fc from 'fast-check'
import { expect, it } from 'vitest'
import { roundTo } from '../../src/timeseries/round.ts'

it.each([
  // What Python's round() says.
  [2.675, 2, 2.67],
  [1.005, 2, 1],
  [0.5, 0, 0],
  [1.5, 0, 2],
  [2.5, 0, 2],
  [-2.5, 0, -2],
  [-0.5, 0, 0],
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [-0.125, 2, -0.12],
  [1234.56785, 4, 1234.5678],
  [0.00005, 4, 0.0001],
  [5e-324, 4, 0],
  [1e-20, 15, 0],
  [0.1 + 0.2, 15, 0.3],
  [123456789012.34566, 4, 123456789012.3457],
  [4503599627370495.5, 0, 4503599627370496],
  [1e300, 4, 1e300],
  [1e22, 2, 1e22],
  [0.1, 20, 0.1],
  [0.30000000000000004, 30, 0.30000000000000004],
])('%d to %i decimals is %d', (value, decimals, expected) => {
  expect(roundTo(value, decimals)).toBe(expected)
})

it('leaves what is not finite, and knows no negative zero', () => {
  expect(roundTo(Number.NaN, 2)).toBeNaN()
  expect(roundTo(Number.NEGATIVE_INFINITY, 2)).toBe(Number.NEGATIVE_INFINITY)
  expect(Object.is(roundTo(-0.001, 2), 0)).toBe(true)
  expect(Object.is(roundTo(-0, 2), 0)).toBe(true)
})

it('is idempotent, odd, and never further away than half a unit', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
      fc.nat(15),
      (value, decimals) => {
        const rounded = roundTo(value, decimals)
        expect(roundTo(rounded, decimals)).toBe(rounded)
        expect(roundTo(-value, decimals) + rounded).toBe(0)
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(
          0.5 * 10 ** -decimals * (1 + 1e-9) + Math.abs(value) * Number.EPSILON,
        )
      },
    ),
  )
})

it('agrees with the exact decimal expansion', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.nat(12), (value, decimals) => {
      const tie =
        Number.isInteger(Math.abs(value) * 2 ** (decimals + 1)) &&
        (Math.abs(value) * 2 ** (decimals + 1)) % 2 === 1
      if (!tie) expect(roundTo(value, decimals)).toBe(Number(value.toFixed(decimals)) + 0)
    }),
    { numRuns: 2000 },
  )
})
