import type { Random } from '../../../src/core/random.ts'
import { normal } from '../../../src/detectors/statistics/draw.ts'
import { between } from './draws.ts'
import type { Profile, Step } from './profile.ts'

/** Something that is measured, without any season: `noise` gives its deviation from the level, point by point. */
const gauge = (
  name: string,
  step: Step,
  noise: (random: Random) => (index: number) => { readonly drift: number; readonly deviation: number },
): Profile => ({
  name,
  step,
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
  whole: false,
  create(random) {
    const level = between(random, 50, 500)
    // The level is several spreads away from zero: a gauge that falls to zero is broken.
    const scale = level * between(random, 0.02, 0.08)
    const next = noise(random)
    return (index) => {
      const { drift, deviation } = next(index)
      const expected = level + scale * drift
      return { value: expected + scale * deviation, expected }
    }
  },
})

/** How much of a deviation is left a point later. */
const PERSISTENCE = 0.7

function meanReverting(random: Random): (index: number) => { drift: number; deviation: number } {
  const innovation = Math.sqrt(1 - PERSISTENCE ** 2)
  let deviation = normal(random)
  return () => {
    deviation = PERSISTENCE * deviation + innovation * normal(random)
    return { drift: 0, deviation }
  }
}

const white = (random: Random) => () => ({ drift: 0, deviation: normal(random) })

/** Drifts by up to two spreads in a hundred points. */
function trending(random: Random): (index: number) => { drift: number; deviation: number } {
  const slope = between(random, -0.02, 0.02)
  return (index) => ({ drift: slope * index, deviation: normal(random) })
}

/** How often something that stands still is read a little off. */
const RARELY = 0.04

const standing = (random: Random) => () => ({
  drift: 0,
  deviation: random.next() < RARELY ? normal(random) : 0,
})

/** Metrics of the same kinds for each step. */
export const gauges = (step: Step): readonly Profile[] => [
  gauge('mean-reverting gauge', step, meanReverting),
  gauge('white noise', step, white),
  gauge('slow trend', step, trending),
  gauge('standing level', step, standing),
]
