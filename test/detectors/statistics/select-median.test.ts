import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { medianOf } from '../../../src/detectors/statistics/median.ts'
import { selectMedian } from '../../../src/detectors/statistics/select-median.ts'

it('is the median that sorting finds', () => {
  const { next } = createRandom(5)
  for (let count = 1; count < 40; count++)
    for (const levels of [3, 1e9]) {
      const values = Float64Array.from({ length: count }, () => Math.floor(next() * levels) - levels / 2)
      expect(selectMedian(values.slice())).toBe(medianOf(values))
    }
})

it('does not overflow', () => {
  expect(selectMedian(Float64Array.of(1.7e308, 1.5e308))).toBe(1.6e308)
})
