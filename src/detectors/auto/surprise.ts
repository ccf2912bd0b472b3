import { createDelay } from './delay.ts'
import { clip } from './expert.ts'
import type { Manner } from './manner.ts'
import type { Memory } from './memory.ts'
import { createRanks } from './ranks.ts'
import { tailProbability } from './tail.ts'

/** What a point may be strange by: itself, the last few together, that the series stands still, or that it goes away from where it was. */
export const SURPRISES = ['value', 'values', 'run', 'standstill', 'drift'] as const
export type SurpriseKind = (typeof SURPRISES)[number]

/** Sums over so many values. */
const SHORT = 3
const LONG = 8
/** Larger surprises count as this in sums. */
const MOST_IN_SUMS = 6
/** The least of some p-values is expected to be less than each: they are multiplied by this. */
const CORRECTION = { value: 1.5, values: 3, run: 3, standstill: 3, drift: 3 } as const
const LEAST_KNOWN = 4

export interface Surprise {
  /** How probable it is, 0..1, that a usual point is at least as strange. */
  readonly probability: number
  readonly kind: SurpriseKind
}

/** Judges surprises: differences from the forecast, in deviations. */
export interface Surprises {
  /** `drift`: how probable the way is that the series has gone, 0..1. */
  judge(surprise: number, value: number, drift: number): Surprise
  /** How probable it is that a usual value alone is at least so far from the forecast. */
  probabilityOfValue(surprise: number): number
  learn(surprise: number, value: number): void
}

export function createSurprises(
  memory: Memory,
  { tails, learnsSumsLater }: Pick<Manner, 'tails' | 'learnsSumsLater'>,
): Surprises {
  const recent = memory.numbers(LONG)
  const ranks = [createRanks(memory), createRanks(memory), createRanks(memory)] as const
  const known = memory.numbers(1)
  const stillness = createStillness(memory)
  const sums = [SHORT, LONG].map((length, i) => ({
    length,
    ranks: ranks[i + 1]!,
    /** Until none of its values is in the newest sum: a change that lasts does not make itself usual. */
    later: learnsSumsLater ? createDelay(memory, length) : (sum: number) => sum,
  }))

  /** The absolute sum of the last values, this one included, as a deviation. */
  const sumOf = (newest: number, length: number) => {
    let sum = newest
    for (let i = 0; i < length - 1; i++) sum += recent[i]!
    return Math.abs(sum) / Math.sqrt(length)
  }

  return {
    judge(surprise, value, drift) {
      const clipped = clip(surprise, MOST_IN_SUMS)
      const probabilities = {
        value: tailProbability(Math.abs(surprise), ranks[0], tails),
        values: tailProbability(sumOf(clipped, SHORT), ranks[1], tails),
        run: tailProbability(sumOf(clipped, LONG), ranks[2], tails),
        standstill: stillness.probabilityOf(value),
        drift,
      }
      let kind: SurpriseKind = 'value'
      let probability = 1
      for (const each of SURPRISES) {
        const corrected = probabilities[each] * CORRECTION[each]
        if (corrected >= probability) continue
        probability = corrected
        kind = each
      }
      return { probability, kind }
    },
    probabilityOfValue: (surprise) => tailProbability(Math.abs(surprise), ranks[0], tails) * CORRECTION.value,
    learn(surprise, value) {
      const clipped = clip(surprise, MOST_IN_SUMS)
      if (known[0]!++ >= LEAST_KNOWN) {
        ranks[0].add(Math.abs(surprise))
        for (const { length, ranks: ofLength, later } of sums) {
          const sum = later(sumOf(clipped, length))
          if (!Number.isNaN(sum)) ofLength.add(sum)
        }
      }
      recent.copyWithin(1, 0)
      recent[0] = clipped
      stillness.learn(value)
    },
  }
}

/** Judges how long a series has stood still, by how often it repeats a value and for how long it ever did. */
function createStillness(memory: Memory) {
  /** Last value, length of its run, longest run before, repeats, count. */
  const known = memory.numbers(5)
  const runWith = (value: number) => (known[4]! > 0 && value === known[0] ? known[1]! + 1 : 1)
  return {
    probabilityOf(value: number): number {
      const beyond = runWith(value) - known[2]!
      // What has never moved is not expected to.
      if (known[2] === 0 || beyond <= 0) return 1
      return ((known[3]! + 1) / (known[4]! + 2)) ** beyond
    },
    learn(value: number): void {
      const run = runWith(value)
      if (run === 1) known[2] = Math.max(known[2]!, known[1]!)
      else known[3]!++
      known[0] = value
      known[1] = run
      known[4]!++
    },
  }
}
