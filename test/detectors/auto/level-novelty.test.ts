import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { createLevelNovelty } from '../../../src/detectors/auto/level-novelty.ts'
import { createMemory } from '../../../src/detectors/auto/memory.ts'
import { createPast, type Past, REACH, SCALES } from '../../../src/detectors/auto/past.ts'
import { normal } from '../../../src/detectors/statistics/draw.ts'

const SKIPPED = 24
const EVERY = 3
const NEIGHBOURS = 5

/** Compares with every position. */
function byDefinition(past: Past, means: Float32Array): number {
  const squares: number[] = []
  for (
    let position = Math.ceil(Math.max(0, past.length - REACH) / EVERY) * EVERY;
    position < past.length - SKIPPED;
    position += EVERY
  ) {
    let sum = 0
    for (let scale = SCALES - 1; scale >= 0; scale--)
      sum += (means[scale]! - past.means[scale]![past.indexOf(position)]!) ** 2
    squares.push(sum)
  }
  const nearest = squares.sort((a, b) => a - b).slice(0, NEIGHBOURS)
  return nearest.reduce((sum, square) => sum + Math.sqrt(square), 0) / Math.max(1, nearest.length)
}

const random = createRandom(4)
let walk = 0
const kinds: Readonly<Record<string, (i: number) => number>> = {
  noise: () => normal(random),
  'a season': (i) => 5 * Math.sin(i / 46) + normal(random),
  'a walk': () => (walk += normal(random)),
  'a constant': () => 7,
  'jumps far away': (i) => (i % 997 === 0 ? 1e9 : normal(random)),
}

describe('the distance to levels of the past', () => {
  it.each(Object.entries(kinds))('is that to the nearest of all: %s', (_, valueAt) => {
    const past = createPast(createMemory())
    const novelty = createLevelNovelty(past)
    const means = new Float32Array(SCALES)
    for (let i = 0; i < REACH + 500; i++) {
      const value = valueAt(i)
      past.next(value, means)
      // Each call remembers what was nearest.
      const distance = novelty(means)
      if (i % 211 === 0) expect(distance).toBeCloseTo(byDefinition(past, means), 9)
      past.push(value)
    }
  })

  it('is the same from a past that was restored', () => {
    const memory = createMemory()
    const past = createPast(memory)
    const novelty = createLevelNovelty(past)
    const means = new Float32Array(SCALES)
    for (let i = 0; i < REACH + 300; i++) past.push(Math.sin(i / 9) + normal(random))
    past.next(0.3, means)
    expect(createLevelNovelty(createPast(createMemory(memory.state())))(means)).toBe(novelty(means))
  })
})
