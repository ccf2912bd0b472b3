import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { downsample } from '../../src/server/downsample.ts'

const number = fc.oneof(
  { arbitrary: fc.double({ noNaN: true }), weight: 5 },
  { arbitrary: fc.constant(Number.NaN), weight: 1 },
)
const points = fc.integer({ min: 0, max: 400 }).chain((length) =>
  fc.record({
    values: fc.array(number, { minLength: length, maxLength: length }),
    scores: fc.array(number, { minLength: length, maxLength: length }),
    keep: fc.subarray(Array.from({ length }, (_, index) => index)),
    maxPoints: fc.integer({ min: 10, max: 200 }),
  }),
)

describe('downsample', () => {
  it('gives ascending indices, at most as many as asked for, ends included', () => {
    fc.assert(
      fc.property(points, (input) => {
        const indices = downsample(input)
        expect(indices.length).toBeLessThanOrEqual(Math.max(input.maxPoints, 0))
        expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b))
        if (input.values.length > 0) {
          expect(indices[0]).toBe(0)
          expect(indices.at(-1)).toBe(input.values.length - 1)
        }
      }),
    )
  })

  it('keeps every point with an alert while these take at most half of the room, else the newest', () => {
    fc.assert(
      fc.property(points, (input) => {
        const kept = new Set(downsample(input))
        for (const index of input.keep.slice(-Math.floor(input.maxPoints / 2))) expect(kept).toContain(index)
      }),
    )
  })

  it('keeps the lowest and highest value and the highest score', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => Math.sin(index / 50))
    const scores = values.map(() => 0.1)
    values[3333] = 99
    values[7777] = -99
    scores[5555] = 0.9
    const indices = downsample({ values, scores, keep: [], maxPoints: 100 })
    expect(indices).toEqual(expect.arrayContaining([3333, 7777, 5555]))
  })

  it('leaves a short series as it is', () => {
    expect(downsample({ values: [1, 2, 3], scores: [0, 0, 0], keep: [], maxPoints: 10 })).toEqual([0, 1, 2])
  })
})
