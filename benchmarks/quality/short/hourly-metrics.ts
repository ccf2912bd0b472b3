import type { Random } from '../../../src/core/random.ts'
import { between, logNormal, pareto, poisson, studentT } from './draws.ts'
import type { Profile } from './profile.ts'
import { daySeason, weekSeason } from './season.ts'

const POSITIVE = { step: 'hourly', lower: 0, upper: Number.POSITIVE_INFINITY } as const

/** Level with the seasons of day and week. */
function seasonal(random: Random, from: number, to: number): (timestamp: number) => number {
  const level = 10 ** between(random, from, to)
  const [day, week] = [daySeason(random), weekSeason(random)]
  return (timestamp) => level * day(timestamp) * week(timestamp)
}

/** Visits, counted. */
const visits: Profile = {
  ...POSITIVE,
  name: 'visits',
  whole: true,
  create(random) {
    const expectedAt = seasonal(random, 1.5, 3)
    return (_, timestamp) => {
      const expected = expectedAt(timestamp)
      return { value: poisson(random, expected), expected, scale: Math.sqrt(expected) }
    }
  },
}

/** Bytes: noise grows with the level. */
const traffic: Profile = {
  ...POSITIVE,
  name: 'traffic',
  whole: false,
  create(random) {
    const expectedAt = seasonal(random, 2, 5)
    const sigma = between(random, 0.05, 0.15)
    return (_, timestamp) => {
      const expected = expectedAt(timestamp)
      return { value: expected * logNormal(random, sigma), expected, scale: expected }
    }
  },
}

const HEAVY = 3

/** Response times, as likely far above as far below the usual one. */
const latency: Profile = {
  ...POSITIVE,
  name: 'latency',
  whole: false,
  create(random) {
    const level = between(random, 80, 800)
    const scale = level * between(random, 0.03, 0.08)
    return () => ({ value: level + scale * studentT(random, HEAVY), expected: level })
  },
}

const SLOW = 0.03
const TAIL = 2.5

/** Response times with some slow hours, up to many times as long as usual. */
const latencyWithTail: Profile = {
  ...POSITIVE,
  name: 'latency with slow hours',
  whole: false,
  create(random) {
    const level = between(random, 80, 800)
    const sigma = between(random, 0.05, 0.12)
    return () => {
      const slow = random.next() < SLOW ? 1 + 0.25 * pareto(random, TAIL) : 1
      return { value: level * slow * logNormal(random, sigma), expected: level }
    }
  },
}

/** Hours with a burst. */
const BURSTS = 0.02

/** Errors, most hours without any. */
const errors: Profile = {
  ...POSITIVE,
  name: 'errors',
  whole: true,
  create(random) {
    const usual = between(random, 0.02, 0.15)
    const burst = between(random, 1, 4)
    const expected = usual + BURSTS * burst
    return () => ({ value: poisson(random, random.next() < BURSTS ? usual + burst : usual), expected })
  },
}

/** Metrics that businesses look at by the hour. */
export const HOURLY_METRICS: readonly Profile[] = [visits, traffic, latency, latencyWithTail, errors]
