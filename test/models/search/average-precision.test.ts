import { expect, it } from 'vitest'
import { averagePrecision } from '../../../src/models/search/average-precision.ts'

it('is 1 when every positive stands above every negative', () => {
  expect(averagePrecision([3, 4], [1, 2])).toBe(1)
})

it('agrees with scikit-learn', () => {
  // average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) of its documentation.
  expect(averagePrecision([0.35, 0.8], [0.1, 0.4])).toBeCloseTo(0.8333333333333333, 15)
  // All equal: one step of precision 1/4.
  expect(averagePrecision([1], [1, 1, 1])).toBe(0.25)
})

it('is NaN without a positive, and 1 without a negative', () => {
  expect(averagePrecision([], [1])).toBeNaN()
  expect(averagePrecision([0], [])).toBe(1)
})
