import { expect, it } from 'vitest'
import { createDelay } from '../../../src/detectors/auto/delay.ts'
import { createMemory } from '../../../src/detectors/auto/memory.ts'

it('gives back what it was given so many steps before', () => {
  const delay = createDelay(createMemory(), 3)
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(delay)).toEqual([Number.NaN, Number.NaN, Number.NaN, 1, 2, 3, 4, 5])
})

it('goes on where a kept memory left off', () => {
  const memory = createMemory()
  const delay = createDelay(memory, 3)
  for (const value of [1, 2, 3, 4]) delay(value)
  const restored = createDelay(createMemory(memory.state()), 3)
  expect([5, 6, 7].map(restored)).toEqual([2, 3, 4])
})
