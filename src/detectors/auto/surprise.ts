import { clip } from './experts.ts'
import type { Memory } from './memory.ts'
import { createRanks, type Ranks } from './ranks.ts'

/** What a point may be strange by: itself, the last few together, or that the series stands still. */
export const SURPRISES = ['value', 'values', 'run', 'standstill'] as const
export type SurpriseKind = (typeof SURPRISES)[number]

/** Sums over so many values. */
const SHORT = 3
const LONG = 8
/** Larger surprises count as this in sums. */
const MOST_IN_SUMS = 6
/** The least of some p-values is expected to be less than each: they are multiplied by this. */
const CORRECTION = { value: 1.5, values: 3, run: 3, standstill: 3 } as const
/** Until so many values are known, what is usual of any series counts as well: Student's distribution with so many degrees of freedom. */
const PRIOR = 20
const FREEDOM = 5
const TAIL_SHARE = 0.1
const LEAST_IN_TAIL = 5
/** How tails are taken to go on beyond what is known. */
export interface Tails {
  /** Of the generalised Pareto distribution; above 0 it is heavier than exponential. */
  readonly shape: number
  /** How fast what is usual of any series is forgotten: its part falls with this power as values become known. */
  readonly forgetting: number
}
/** Where as many points alert as are worth it. */
export const HEAVY_TAILS: Tails = { shape: 0.15, forgetting: 1 }
/** Where the number of alerts is given, and the level finds itself: the strangest are told apart better. */
export const LIGHT_TAILS: Tails = { shape: 0.05, forgetting: 2 }
const LEAST_KNOWN = 4

export interface Surprise {
  /** How probable it is, 0..1, that a usual point is at least as strange. */
  readonly probability: number
  readonly kind: SurpriseKind
}

/** Judges surprises: differences from the forecast, in deviations. */
export interface Surprises {
  judge(surprise: number, value: number): Surprise
  /** How probable it is that a usual value alone is at least so far from the forecast. */
  probabilityOfValue(surprise: number): number
  learn(surprise: number, value: number): void
}

export function createSurprises(memory: Memory, tails: Tails): Surprises {
  const recent = memory.numbers(LONG)
  const ranks = [createRanks(memory), createRanks(memory), createRanks(memory)] as const
  const known = memory.numbers(1)
  const stillness = createStillness(memory)

  /** The absolute sum of the last values, this one included, as a deviation. */
  const sumOf = (newest: number, length: number) => {
    let sum = newest
    for (let i = 0; i < length - 1; i++) sum += recent[i]!
    return Math.abs(sum) / Math.sqrt(length)
  }

  return {
    judge(surprise, value) {
      const clipped = clip(surprise, MOST_IN_SUMS)
      const probabilities = {
        value: probabilityOf(Math.abs(surprise), ranks[0], tails),
        values: probabilityOf(sumOf(clipped, SHORT), ranks[1], tails),
        run: probabilityOf(sumOf(clipped, LONG), ranks[2], tails),
        standstill: stillness.probabilityOf(value),
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
    probabilityOfValue: (surprise) => probabilityOf(Math.abs(surprise), ranks[0], tails) * CORRECTION.value,
    learn(surprise, value) {
      const clipped = clip(surprise, MOST_IN_SUMS)
      if (known[0]!++ >= LEAST_KNOWN) {
        ranks[0].add(Math.abs(surprise))
        ranks[1].add(sumOf(clipped, SHORT))
        ranks[2].add(sumOf(clipped, LONG))
      }
      recent.copyWithin(1, 0)
      recent[0] = clipped
      stillness.learn(value)
    },
  }
}

/** The share of usual values that are at least as large: counted where there are many, continued by a generalised Pareto distribution where there are few. */
function probabilityOf(value: number, ranks: Ranks, { shape, forgetting }: Tails): number {
  const { count } = ranks
  const prior = studentTail(value)
  if (count === 0) return prior
  const above = ranks.atLeast(value)
  const inTail = Math.max(LEAST_IN_TAIL, Math.floor(count * TAIL_SHARE))
  let counted = (1 + above) / (count + 1)
  if (count >= PRIOR && above < inTail) {
    const { from, meanExcess, count: beyond } = ranks.tail(inTail / count)
    const excess = Math.max(meanExcess, from * 0.05, Number.MIN_VALUE)
    const continued =
      (Math.max(1, beyond) / count) *
      (1 + (shape * Math.max(0, value - from)) / (excess * (1 - shape))) ** (-1 / shape)
    counted = above === 0 ? continued : (continued + above / (count + 1)) / 2
  }
  const weight = (PRIOR / (PRIOR + count)) ** forgetting
  return Math.min(1, weight * prior + (1 - weight) * counted)
}

/** Two-sided tail of Student's distribution, by Wallace's transformation to a normal one (1959) and the approximation 26.2.17 of Abramowitz and Stegun (1964). */
function studentTail(t: number): number {
  const z = (Math.sqrt(FREEDOM * Math.log1p((t * t) / FREEDOM)) * (8 * FREEDOM + 1)) / (8 * FREEDOM + 3)
  const u = 1 / (1 + 0.2316419 * z)
  const polynomial =
    u * (0.31938153 + u * (-0.356563782 + u * (1.781477937 + u * (-1.821255978 + u * 1.330274429))))
  return Math.min(1, 2 * 0.3989422804 * Math.exp((-z * z) / 2) * polynomial)
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
