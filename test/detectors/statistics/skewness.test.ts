import { expect, it } from 'vitest'
import { momentsOfSorted, skewSign, skewSignWith } from '../../../src/detectors/statistics/skewness.ts'

const momentsOf = (values: readonly number[]) => momentsOfSorted(Float64Array.from(values).sort())

it.each([
  { values: [1, 2, 3, 9], sign: 1 },
  { values: [1, 7, 8, 9], sign: -1 },
  { values: [0.1, 0.2, 0.3], sign: 0 },
  { values: [0.1, 0.1, 0.1], sign: 0 },
  { values: [4], sign: 0 },
  { values: [1e15, 1e15 + 1, 1e15 + 2], sign: 0 },
  { values: [1e15, 1e15 + 1, 1e15 + 9], sign: 1 },
  { values: [-Number.MAX_VALUE, 0, 1, Number.MAX_VALUE], sign: 0 },
  { values: [-Number.MAX_VALUE, 0, 0, 1e307], sign: -1 },
  { values: [1e-300, 2e-300, 9e-300], sign: 1 },
  { values: [0, 0, 0, 5e-324], sign: 1 },
])('the sign of $values is $sign', ({ values, sign }) => {
  expect(skewSign(momentsOf(values))).toBe(sign)
})

it('one more value gives the sign of all together', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6]
  for (const value of [-1e300, -100, -8, 0, 3.5, 8, 100, 1e300])
    expect(skewSignWith(momentsOf(values), value), String(value)).toBe(
      skewSign(momentsOf([...values, value])),
    )
  expect(skewSignWith(momentsOf([1, 2, 9]), -6)).toBe(0)
  expect(skewSignWith(momentsOf([5]), 1e300)).toBe(0)
})
