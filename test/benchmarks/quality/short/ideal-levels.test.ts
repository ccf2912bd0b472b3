import { expect, it } from 'vitest'
import { idealLevels } from '../../../../benchmarks/quality/short/ideal-levels.ts'

const points = 20
const simulated = {
  series: { timestamps: new Float64Array(points), values: new Float64Array(points) },
  expected: new Float64Array(points).fill(100),
  scale: Float64Array.from({ length: points }, (_, i) => (i < 10 ? 1 : 2)),
  spread: 1,
  holidays: new Set<number>(),
}
const levels = (change: (index: number) => number) =>
  idealLevels(
    Float64Array.from({ length: points }, (_, i) => 100 + change(i)),
    simulated,
  )

it('a spike is as high as it is in spreads of its place, and then fades', () => {
  const spiked = levels((i) => (i === 12 ? 8 : 0))
  expect(spiked[11]).toBe(0)
  expect(spiked[12]).toBe(4)
  expect(spiked[13]).toBeCloseTo(4 / Math.SQRT2, 12)
})

it('a shift grows with the square root of its length, up to eight points', () => {
  const shifted = levels((i) => (i >= 10 ? -4 : 0))
  expect(shifted[10]).toBe(2)
  expect(shifted[13]).toBeCloseTo(4, 12)
  expect(shifted[17]).toBeCloseTo(2 * Math.sqrt(8), 12)
  expect(shifted[19]).toBeCloseTo(2 * Math.sqrt(8), 12)
})

it('says nothing of the first points, and stays a number where there is no noise', () => {
  expect(
    levels(() => 1)
      .subarray(0, 8)
      .every(Number.isNaN),
  ).toBe(true)
  const still = idealLevels(new Float64Array(points).fill(101), {
    ...simulated,
    scale: new Float64Array(points),
  })
  expect(still[19]).toBeCloseTo(Math.sqrt(8), 12)
})
