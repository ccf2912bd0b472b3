import { expect, it } from 'vitest'
import { bestBins, histogramOf } from '../../../src/detectors/statistics/histogram.ts'

it('counts a value on an edge with those above, the greatest with those below', () => {
  const { edges, counts } = histogramOf(Float64Array.of(0, 1, 1, 2, 3, 4), 4)
  expect(Array.from(edges)).toEqual([0, 1, 2, 3, 4])
  expect(Array.from(counts)).toEqual([1, 2, 1, 2])
})

it.each([
  { name: 'a constant', values: [5, 5, 5] },
  { name: 'neighbouring numbers', values: [1, 1 + Number.EPSILON] },
  { name: 'the largest numbers', values: [-Number.MAX_VALUE, 0, Number.MAX_VALUE] },
  { name: 'the smallest numbers', values: [0, 5e-324] },
  { name: 'a huge constant', values: [Number.MAX_VALUE, Number.MAX_VALUE] },
])('has ascending finite edges around $name', ({ values }) => {
  for (const bins of [1, 2, 10, 33]) {
    const { edges, counts } = histogramOf(Float64Array.from(values), bins)
    expect(edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!))).toBe(true)
    expect(counts.reduce((sum, count) => sum + count)).toBe(values.length)
    expect(edges[0]).toBeLessThanOrEqual(Math.min(...values))
    expect(edges[bins]).toBeGreaterThanOrEqual(Math.max(...values))
  }
})

it('finds no structure in few or even values', () => {
  expect(bestBins(Float64Array.of(1))).toBe(1)
  expect(bestBins(Float64Array.from({ length: 100 }, (_, i) => i))).toBe(1)
})
