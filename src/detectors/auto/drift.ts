import { clip } from './experts.ts'
import type { Memory } from './memory.ts'
import { createRanks } from './ranks.ts'
import { createScale } from './scale.ts'
import { type Tails, tailProbability } from './tail.ts'

/** So many values are taken together. */
const OVER = 12
/** Larger differences count as this, in deviations. */
const MOST = 6
const LEAST_KNOWN = 4

/** Whether a series has been going away from what a slow forecast expects, where a quick one follows it step by step. */
export interface Drift {
  /** How probable it is, 0..1, that usual values are together so far from what was expected as the last ones, this one included; 1 while nothing is known. */
  probabilityOf(value: number, expected: number): number
  learn(value: number, expected: number): void
}

export function createDrift(memory: Memory, tails: Tails): Drift {
  const scale = createScale(memory)
  const recent = memory.numbers(OVER - 1)
  const ranks = createRanks(memory)
  const known = memory.numbers(1)

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
        if (known[0]!++ >= LEAST_KNOWN) ranks.add(together(difference))
        recent.copyWithin(1, 0)
        recent[0] = difference
      }
      scale.learn(value - expected, expected)
    },
  }
}
