import type { Memory } from './memory.ts'

/** How surprises grow with what is expected: not at all, as those of counts do, or in proportion. */
const POWERS = [0, 0.5, 1] as const
const RATE = 0.02
const FORGETTING = 0.995
/** The mean absolute deviation of a normal distribution, as a standard deviation. */
const TO_DEVIATION = 1.25
/** Larger surprises count as this many. */
const MOST = 4
const MOST_LOSS = 6
/** What is expected is not taken to be less than this part of the mean size of values, so that a law is not read off what is almost nothing. */
const LEAST_PART = 0.2
/** Deviations are not less than this part of the mean size, in which large surprises count as up to so many means: of what is mostly foretold exactly, they would
 * vanish, and not come back. */
const LEAST_OF_MEAN = 0.25
const MEAN_RATE = 0.005
const MOST_IN_MEAN = 100
const SIZE_RATE = 0.01
const MOST_IN_SIZE = 10
const SMALLEST = 1e-12
const LEAST_SIZE = 1e-150

/** The usual size of surprises, which may depend on what was expected: the most likely of three laws. */
export interface Scale {
  /** NaN while nothing is known. */
  deviationAt(expected: number): number
  learn(surprise: number, expected: number): void
}

export function createScale(memory: Memory): Scale {
  const deviations = memory.numbers(POWERS.length)
  const means = memory.numbers(POWERS.length)
  const likelihoods = memory.numbers(POWERS.length)
  const known = memory.numbers(2)
  const sizeOf = (expected: number) => {
    const size = Math.max(Math.abs(expected), known[1]!)
    return size === 0 ? 1 : Math.max(LEAST_SIZE, size)
  }

  return {
    deviationAt(expected) {
      if (known[0] === 0) return Number.NaN
      let best = 0
      for (let law = 1; law < POWERS.length; law++) if (likelihoods[law]! > likelihoods[best]!) best = law
      return Math.max(SMALLEST, deviations[best]! * sizeOf(expected) ** POWERS[best]!)
    },
    learn(surprise, expected) {
      const count = known[0]!++
      const size = Math.abs(expected + surprise) * LEAST_PART
      known[1] = follow(known[1]!, size, { rate: Math.max(SIZE_RATE, 1 / (count + 1)), most: MOST_IN_SIZE })
      const rate = Math.max(RATE, 1 / (count + 1))
      POWERS.forEach((power, law) => {
        const unit = sizeOf(expected) ** power
        const relative = Math.abs(surprise) / unit
        const deviation = deviations[law]!
        means[law] = follow(means[law]!, relative, {
          rate: Math.max(MEAN_RATE, 1 / (count + 1)),
          most: MOST_IN_MEAN,
        })
        if (count === 0) {
          deviations[law] = Math.max(SMALLEST, relative * TO_DEVIATION)
          return
        }
        likelihoods[law] =
          likelihoods[law]! * FORGETTING -
          Math.log(deviation) -
          Math.log(unit) -
          Math.min(relative / deviation, MOST_LOSS)
        deviations[law] = Math.max(
          SMALLEST,
          LEAST_OF_MEAN * means[law],
          deviation + rate * (Math.min(relative, MOST * deviation) * TO_DEVIATION - deviation),
        )
      })
    },
  }
}

/** A mean that moves towards a value, which counts as so many means at most. */
function follow(
  mean: number,
  value: number,
  { rate, most }: { readonly rate: number; readonly most: number },
): number {
  return mean + rate * ((mean > 0 ? Math.min(value, most * mean) : value) - mean)
}
