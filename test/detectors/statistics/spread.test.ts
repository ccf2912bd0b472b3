import { expect, it } from 'vitest'
import { robustStandard, spreadOf } from '../../../src/detectors/statistics/spread.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

it('is a standard deviation of Gaussian values', () => {
  const { centre, scale } = robustStandard(gaussianRows(20_000, 1))
  expect(centre[0]).toBeCloseTo(0, 1)
  expect(scale[0]).toBeCloseTo(1, 1)
})

it('is there without a median deviation, and without any', () => {
  const rows = matrixOf([...Array.from({ length: 9 }, () => [5, 200, 0]), [15, 200, 0]])
  const { centre, scale } = robustStandard(rows)
  expect([...centre]).toEqual([5, 200, 0])
  expect(scale[0]).toBeCloseTo(1.253314, 12)
  expect([...scale.subarray(1)]).toEqual([2, 0.01])
})

it('is positive and finite for the largest and the least of numbers', () => {
  const { scale } = robustStandard(
    matrixOf([-1, 1, -1, 1].map((sign) => [sign * Number.MAX_VALUE, sign * Number.MIN_VALUE])),
  )
  for (const value of scale) {
    expect(value).toBeGreaterThan(0)
    expect(value).toBeLessThanOrEqual(Number.MAX_VALUE)
  }
  expect(spreadOf({ medianDeviation: 0, meanDeviation: () => 0, centre: -3 })).toBe(0.03)
})
