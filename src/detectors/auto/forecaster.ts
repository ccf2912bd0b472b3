import { createExperts, SLOW_LEVEL } from './experts.ts'
import type { Memory } from './memory.ts'
import type { Moment } from './moment.ts'
import { createScale } from './scale.ts'

const FORGETTING = 0.98
/** How much more is given on an expert that errs less: weights are errors to this power. */
const SHARPNESS = 6
/** Surprises larger than so many deviations are learned from as if they were no larger. */
const CLIPPED = 4
const MOST_LOSS = 5
/** Errors are not told apart below this. */
const TINY = 1e-12

export interface Forecast {
  /** NaN while there is nothing to foretell from. */
  readonly expected: number
  /** Usual size of the surprise; NaN while it is not known. */
  readonly deviation: number
}

/** Foretells the next value: what many simple experts say, each believed by how well it has foretold of late. */
export interface Forecaster {
  forecast(moment: Moment): Forecast
  /** What those experts say that do not follow a series quickly; NaN while they have nothing to say. */
  slowly(moment: Moment): number
  learn(value: number, moment: Moment): void
  /** How many values it has learned from. */
  readonly count: number
  /** The season that explains the series best, empty for none, and the error that is left of that of a level without season, 0..1. */
  season(): { readonly name: string; readonly left: number }
}

export function createForecaster(memory: Memory, step: number): Forecaster {
  const experts = createExperts(memory, step)
  const everyone = experts.map((_, i) => i)
  const slow = everyone.filter((i) => experts[i]!.slow)
  const losses = memory.numbers(experts.length)
  const weights = memory.numbers(experts.length)
  const known = memory.numbers(1)
  const scale = createScale(memory)
  const predictions = new Float64Array(experts.length)
  /** What was foretold for a moment, which is mostly what is learned from next. */
  let foretold: { readonly moment: Moment; readonly expected: number } | undefined

  function foretell(moment: Moment): number {
    if (foretold?.moment === moment) return foretold.expected
    for (let i = 0; i < experts.length; i++) predictions[i] = experts[i]!.expert.predict(moment)
    const joint = joined(everyone)
    // The first expert is the last value.
    foretold = { moment, expected: Number.isNaN(joint) ? predictions[0]! : joint }
    return foretold.expected
  }

  /** NaN when none of them has been tried, or has something to say. */
  function joined(those: readonly number[]): number {
    let best = Number.POSITIVE_INFINITY
    for (const i of those) if (weights[i]! > 0) best = Math.min(best, losses[i]! / weights[i]! + TINY)
    let sum = 0
    let total = 0
    for (const i of those) {
      if (weights[i] === 0 || Number.isNaN(predictions[i]!)) continue
      const weight = (best / (losses[i]! / weights[i]! + TINY)) ** SHARPNESS
      sum += weight * predictions[i]!
      total += weight
    }
    return total > 0 ? sum / total : Number.NaN
  }

  return {
    forecast(moment) {
      const expected = foretell(moment)
      return { expected, deviation: Number.isNaN(expected) ? Number.NaN : scale.deviationAt(expected) }
    },
    slowly(moment) {
      foretell(moment)
      return joined(slow)
    },
    learn(value, moment) {
      const expected = foretell(moment)
      foretold = undefined
      const deviation = scale.deviationAt(expected)
      const most = Number.isNaN(deviation) ? Number.POSITIVE_INFINITY : deviation
      for (let i = 0; i < experts.length; i++) {
        const loss = Math.abs(value - predictions[i]!)
        if (Number.isNaN(loss)) continue
        losses[i] = losses[i]! * FORGETTING + Math.min(loss, MOST_LOSS * most)
        weights[i] = weights[i]! * FORGETTING + 1
      }
      if (!Number.isNaN(expected)) scale.learn(value - expected, expected)
      for (const { expert } of experts) expert.learn(value, moment, CLIPPED * most)
      known[0]!++
    },
    get count() {
      return known[0]!
    },
    season() {
      const errorOf = (i: number) => (weights[i] === 0 ? Number.NaN : losses[i]! / weights[i]!)
      const level = errorOf(SLOW_LEVEL)
      let name = ''
      let least = level
      experts.forEach(({ season }, i) => {
        if (season !== '' && errorOf(i) < least) {
          least = errorOf(i)
          name = season
        }
      })
      return { name, left: level > 0 ? least / level : 1 }
    },
  }
}
