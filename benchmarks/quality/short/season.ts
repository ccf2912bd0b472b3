import type { Random } from '../../../src/core/random.ts'
import { between } from './draws.ts'

const HOURS = 24
const DAYS = 7
const HOUR = 3_600_000
/** From Sunday on: what an office does, and what people do who are not there. */
const WORKING = [-0.3, 0.05, 0.1, 0.1, 0.08, 0.02, -0.25]
const LEISURE = WORKING.map((share) => -0.7 * share)

/** A factor for each weekday, with 1 as the usual one. */
export function weekSeason(random: Random): (timestamp: number) => number {
  const shape = random.next() < 0.7 ? WORKING : LEISURE
  const strength = between(random, 0.5, 1.5)
  const factors = Array.from(
    { length: DAYS },
    (_, day) => 1 + strength * shape[day]! + between(random, -0.03, 0.03),
  )
  return (timestamp) => factors[new Date(timestamp).getUTCDay()]!
}

/** A factor for each hour of the day, with 1 as the usual one: a busy time and a quiet one. */
export function daySeason(random: Random): (timestamp: number) => number {
  const strength = between(random, 0.3, 0.75)
  const busiest = between(random, 10, 20)
  return (timestamp) => {
    const angle = ((timestamp / HOUR - busiest) / HOURS) * 2 * Math.PI
    return 1 + strength * Math.cos(angle) + (strength / 5) * Math.cos(2 * angle)
  }
}
