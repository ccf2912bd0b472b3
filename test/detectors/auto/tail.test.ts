import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../../src/core/random.ts'
import { mannerOf } from '../../../src/detectors/auto/manner.ts'
import { createMemory } from '../../../src/detectors/auto/memory.ts'
import { createRanks } from '../../../src/detectors/auto/ranks.ts'
import { tailProbability } from '../../../src/detectors/auto/tail.ts'
import { normal } from '../../../src/detectors/statistics/draw.ts'

const HOUR = 3_600_000
const { tails: LIGHT_TAILS } = mannerOf({ step: HOUR, rate: 0.25 / (7 * 24 * HOUR) })
const { tails: HEAVY_TAILS } = mannerOf({ step: HOUR, rate: undefined })

/** Ranks of the absolute values of `count` draws. */
function ranksOf(count: number, draw: (random: Random) => number) {
  const random = createRandom(count)
  const ranks = createRanks(createMemory())
  for (let i = 0; i < count; i++) ranks.add(Math.abs(draw(random)))
  return ranks
}

const exponential = (random: Random) => -Math.log(1 - random.next())
/** With three degrees of freedom. */
const student = (random: Random) =>
  normal(random) / Math.sqrt((normal(random) ** 2 + normal(random) ** 2 + normal(random) ** 2) / 3)

describe('the probability of a value in the tail', () => {
  it.each([
    ['adaptive', LIGHT_TAILS],
    ['fixed', HEAVY_TAILS],
  ] as const)('is counted where many values are, %s', (_, tails) => {
    const ranks = ranksOf(20_000, normal)
    expect(tailProbability(1, ranks, tails)).toBeCloseTo(0.317, 1)
    expect(tailProbability(0.1, ranks, tails)).toBeGreaterThan(0.9)
  })

  it.each([
    ['normal', normal],
    ['exponential', exponential],
    ['heavy', student],
  ] as const)('falls with the value, of a %s distribution', (_, draw) => {
    const ranks = ranksOf(800, draw)
    for (const tails of [LIGHT_TAILS, HEAVY_TAILS]) {
      const probabilities = [3, 4, 6, 9, 14, 20].map((value) => tailProbability(value, ranks, tails))
      expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a))
      for (const probability of probabilities) {
        expect(probability).toBeGreaterThan(0)
        expect(probability).toBeLessThanOrEqual(1)
      }
    }
  })

  it('is told from how fast the tail falls, where it may be', () => {
    const [light, middle, heavy] = [normal, exponential, student].map((draw) => ranksOf(1_500, draw))
    // Of a normal distribution 5.7e-7, of an exponential one that is as wide 2.5e-3, of Student's 1.5e-2.
    expect(tailProbability(5, light!, LIGHT_TAILS)).toBeLessThan(1e-4)
    expect(tailProbability(5, light!, HEAVY_TAILS)).toBeGreaterThan(1e-4)
    expect(tailProbability(9, middle!, LIGHT_TAILS)).toBeGreaterThan(3e-5)
    const asOthers = tailProbability(30, heavy!, { ...LIGHT_TAILS, adaptive: false })
    expect(tailProbability(30, heavy!, LIGHT_TAILS)).toBeGreaterThan(2 * asOthers)
  })

  it.each([0, 1, 3, 19])('is what is usual of any series when %i values are known', (count) => {
    const ranks = ranksOf(count, normal)
    expect(tailProbability(0, ranks, LIGHT_TAILS)).toBeGreaterThan(0.9)
    expect(tailProbability(50, ranks, LIGHT_TAILS)).toBeLessThan(0.1)
  })

  it.each(['zeros', 'one value'] as const)('is finite where all have been %s', (what) => {
    const ranks = ranksOf(200, () => (what === 'zeros' ? 0 : 2))
    for (const tails of [LIGHT_TAILS, HEAVY_TAILS])
      for (const value of [0, 1, 2, 3, 1e9])
        expect(tailProbability(value, ranks, tails)).toSatisfy((each: number) => each >= 0 && each <= 1)
  })
})
