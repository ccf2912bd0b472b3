import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createId } from '../../src/control/ids.ts'

it('makes version 7 UUIDs that sort by time, then by the order they were made', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 2 ** 47, noNaN: true }), { minLength: 1 }), (times) => {
      const sorted = times.toSorted((a, b) => Math.floor(a) - Math.floor(b))
      const ids = sorted.map(createId)
      expect(ids.toSorted()).toEqual(ids)
      for (const id of ids)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }),
  )
})

it('never makes one twice', () => {
  const ids = Array.from({ length: 50_000 }, (_, index) => createId(index % 2 === 0 ? 1_000 : -5))
  expect(new Set(ids).size).toBe(50_000)
  expect(new Set(Array.from({ length: 50_000 }, () => createId(7))).size).toBe(50_000)
})

it('keeps the order of many within one millisecond', () => {
  const ids = Array.from({ length: 100_000 }, () => createId(123_456))
  expect(ids.toSorted()).toEqual(ids)
})
