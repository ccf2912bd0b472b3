import { describe, expect, it } from 'vitest'
import { chiSquaredCdf, chiSquaredQuantile } from '../../../src/detectors/statistics/chi-squared.ts'

describe('the chi-squared distribution', () => {
  it('has the textbook closed forms', () => {
    for (const x of [0.1, 1, 3, 7, 20]) {
      expect(chiSquaredCdf(x, 2)).toBeCloseTo(1 - Math.exp(-x / 2), 14)
      expect(chiSquaredCdf(x, 4)).toBeCloseTo(1 - Math.exp(-x / 2) * (1 + x / 2), 14)
    }
    expect(chiSquaredCdf(0, 3)).toBe(0)
    expect(chiSquaredCdf(Number.POSITIVE_INFINITY, 3)).toBe(1)
  })

  it.each([
    // scipy 1.17.1: chi2.ppf
    [0.5, 1, 0.454936423119572],
    [0.975, 1, 5.023886187314888],
    [0.5, 2, 1.386294361119891],
    [0.975, 6, 14.44937533544792],
    [0.51, 7, 6.43473538073984],
    [0.975, 30, 46.97924224367115],
    [0.01, 99, 69.22989036394705],
  ])('quantile %s of %i degrees', (p, degrees, value) => {
    expect(chiSquaredQuantile(p, degrees) / value).toBeCloseTo(1, 12)
    expect(chiSquaredCdf(value, degrees)).toBeCloseTo(p, 13)
  })

  it('ends at zero and infinity', () => {
    expect(chiSquaredQuantile(0, 3)).toBe(0)
    expect(chiSquaredQuantile(1, 3)).toBe(Number.POSITIVE_INFINITY)
  })
})
