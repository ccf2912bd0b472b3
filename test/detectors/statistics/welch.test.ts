import { expect, it } from 'vitest'
import { welchT } from '../../../src/detectors/statistics/welch.ts'

const sumsOf = (values: readonly number[]) => ({
  count: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + value * value, 0),
})

it('is the difference of the means in standard errors, of unequal variances', () => {
  expect(welchT(sumsOf([3, 4, 1, 2.1]), sumsOf([4.9, 2.5, 4]))).toBeCloseTo(-1.344_746_440_6, 9)
})

it('is finite where nothing varies, and 0 where means are the same', () => {
  expect(welchT(sumsOf([2, 2]), sumsOf([1]))).toBe(1e6)
  expect(welchT(sumsOf([1]), sumsOf([2, 2]))).toBe(-1e6)
  expect(welchT(sumsOf([1, 3]), sumsOf([2]))).toBe(0)
})
