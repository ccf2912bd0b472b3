import { expect, it } from 'vitest'
import { createRandom, resumeRandom } from '../../src/core/random.ts'

it('repeats itself for the same seed', () => {
  const numbers = (seed: number) => {
    const random = createRandom(seed)
    return [random.next(), random.int(1000), random.next()]
  }
  expect(numbers(7)).toEqual(numbers(7))
  expect(numbers(7)).not.toEqual(numbers(8))
  // Seeds differ above 32 bits too.
  expect(numbers(7)).not.toEqual(numbers(7 + 2 ** 32))
})

it('goes on from its place, and keeps a place that was read', () => {
  const random = createRandom(3)
  random.next()
  const place = random.place()
  const kept = place.slice()
  const next = [random.next(), random.int(50)]
  expect(place).toEqual(kept)
  const resumed = resumeRandom(place)
  expect([resumed.next(), resumed.int(50)]).toEqual(next)
  expect(resumed.place()).toEqual(random.place())
})

it('gives the numbers that seeds have always given', () => {
  const random = createRandom(1)
  expect([random.int(1_000_000), random.int(1_000_000), random.int(1_000_000)]).toEqual([
    537_442, 454_165, 82_430,
  ])
})
