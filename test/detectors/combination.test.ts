import { expect, it } from 'vitest'
import { combine } from '../../src/detectors/combination.ts'

const { NaN: none } = Number
const columns = [
  Float64Array.of(0.2, none, none, 1),
  Float64Array.of(0.6, 0.5, none, 0),
  Float64Array.of(0.1, none, none, 0.5),
]

it('joins row by row and skips what has no opinion', () => {
  expect(Array.from(combine(columns, 'mean'))).toEqual([(0.2 + 0.6 + 0.1) / 3, 0.5, none, 0.5])
  expect(Array.from(combine(columns, 'max'))).toEqual([0.6, 0.5, none, 1])
  expect(Array.from(combine(columns, 'min'))).toEqual([0.1, 0.5, none, 0])
  expect(combine([], 'mean')).toHaveLength(0)
})
