import { createDelay } from './delay.ts'
import { clip } from './expert.ts'
import type { Memory } from './memory.ts'
import { createRanks } from './ranks.ts'
import { createScale } from './scale.ts'
import { type Tails, tailProbability } from './tail.ts'

/** So many values are taken together. */
const OVER = 12
/** Larger differences count as this, in deviations. */
const MOST = 8
/** What is usual is learned so much later, so that a drift that has begun does not make itself usual. */
const LATER = 2 * OVER
/** Sums are compared with about so many, for the first ones are large: the slow forecast has to find the series first. */
const REMEMBERED = 250

/** Whether a series has been going away from what a slow forecast expects, where a quick one follows it step by step. */
export interface Drift {
  /** How probable it is, 0..1, that usual values are together so far from what was expected as the last ones, this one included; 1 while nothing is known. */
  probabilityOf(value: number, expected: number): number
  learn(value: number, expected: number): void
}

export function createDrift(memory: Memory, tails: Tails): Drift {
  const scale = createScale(memory)
  const recent = memory.numbers(OVER - 1)
  const ranks = createRanks(memory, REMEMBERED)
  const later = {
    sum: createDelay(memory, LATER),
    surprise: createDelay(memory, LATER),
    expected: createDelay(memory, LATER),
  }

  /** In deviations, clipped; NaN while these are not known. */
  function differenceOf(value: number, expected: number): number {
    const deviation = scale.deviationAt(expected)
    return deviation > 0 ? clip((value - expected) / deviation, MOST) : Number.NaN
  }

  /** The absolute sum of the last differences, as a deviation. */
  const together = (newest: number) =>
    Math.abs(recent.reduce((sum, each) => sum + each, newest)) / Math.sqrt(OVER)

  return {
    probabilityOf(value, expected) {
      const difference = differenceOf(value, expected)
      return Number.isNaN(difference) ? 1 : tailProbability(together(difference), ranks, tails)
    },
    learn(value, expected) {
      if (Number.isNaN(expected)) return
      const difference = differenceOf(value, expected)
      if (!Number.isNaN(difference)) {
        const sum = later.sum(together(difference))
        if (!Number.isNaN(sum)) ranks.add(sum)
        recent.copyWithin(1, 0)
        recent[0] = difference
      }
      const surprise = later.surprise(value - expected)
      const expectedThen = later.expected(expected)
      // The first ones are needed at once.
      if (Number.isNaN(surprise)) scale.learn(value - expected, expected)
      else scale.learn(surprise, expectedThen)
    },
  }
}
