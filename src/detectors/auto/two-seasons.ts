import { clip, type Expert, MANY } from './expert.ts'
import type { Memory } from './memory.ts'
import type { Moment } from './moment.ts'

const HOURS = 24
const DAYS = 7
const RATE = 0.1
/** Weeks that a mean at this rate is of. */
const WEEKS_OF_MEAN = 2 / RATE
/** So many values pass until the factors of hours are brought back to a mean of 1, or their terms to a mean of 0. */
const CENTRED_EVERY = 24
/** What is kept in half the memory is no larger. */
const LARGEST = 1e38

export interface TwoSeasonsOptions {
  /** Whether there are factors, or terms that are added. */
  readonly multiplies: boolean
  /** How fast the level follows. */
  readonly rate: number
  /** Points in an hour. */
  readonly perHour: number
}

/** A factor that is none of a season any more stays here. */
const within = (factor: number) => Math.max(1e-3, Math.min(1e3, factor))

/**
 * Hour of the day and day of the week, each with its own factor or term, which are known much sooner than all hours of a week. They are those that fit the means
 * of the hours of the week best, found one after the other in turn: by least squares, and for factors as for counts (Deming, Stephan 1940).
 */
export function createTwoSeasons(memory: Memory, { multiplies, rate, perHour }: TwoSeasonsOptions): Expert {
  const fineRate = RATE / perHour
  const mostCount = WEEKS_OF_MEAN * perHour
  /** How many values there have been, a moving mean of them, and of what factors they had. */
  const known = memory.numbers(3)
  // The memory begins with zeros: factors are kept less 1.
  const hours = memory.numbers(HOURS)
  const weekdays = memory.numbers(DAYS)
  const hourCounts = memory.counts(HOURS)
  /** Of each hour of the week the mean of its values, over the level or less it. */
  const means = memory.values(HOURS * DAYS)
  const counts = memory.counts(HOURS * DAYS)

  const level = () => (multiplies ? known[1]! / known[2]! : known[1]!)
  const seasonAt = ({ hour, weekday }: Moment) =>
    multiplies ? (1 + hours[hour]!) * (1 + weekdays[weekday]!) : hours[hour]! + weekdays[weekday]!
  const at = (moment: Moment) => (multiplies ? level() * seasonAt(moment) : level() + seasonAt(moment))

  function follow(seen: number, moment: Moment): void {
    const ofLevel = Math.max(rate, 1 / (known[0]! / perHour + 1) / 3) / perHour
    if (multiplies) {
      known[1]! += ofLevel * (seen - known[1]!)
      known[2]! += ofLevel * (seasonAt(moment) - known[2]!)
    } else known[1]! += ofLevel * (seen - at(moment))
  }

  /** The factor or term of an hour or weekday, whose means stand `apart` from `first` on, as those of the others are. */
  function fitted(first: number, apart: number, others: Float64Array): number {
    let sum = 0
    let total = 0
    for (let i = 0, cell = first; i < others.length; i++, cell += apart) {
      const count = Math.min(counts[cell]!, mostCount)
      sum += count * (multiplies ? means[cell]! : means[cell]! - others[i]!)
      total += count * (multiplies ? 1 + others[i]! : 1)
    }
    return multiplies ? within(sum / total) - 1 : sum / total
  }

  /** What hours have in common is the weekdays'. */
  function centre(): void {
    const mean = hours.reduce((sum, each) => sum + each, 0) / HOURS
    for (let hour = 0; hour < HOURS; hour++)
      hours[hour] = multiplies ? within((1 + hours[hour]!) / (1 + mean)) - 1 : hours[hour]! - mean
    for (let day = 0; day < DAYS; day++)
      weekdays[day] = multiplies ? within((1 + weekdays[day]!) * (1 + mean)) - 1 : weekdays[day]! + mean
  }

  return {
    predict: (moment) => (hourCounts[moment.hour] === 0 ? Number.NaN : at(moment)),
    learn(value, moment, most) {
      const { hour, weekday, hourOfWeek: cell } = moment
      if (known[0] === 0) {
        known[1] = value
        known[2] = 1
      }
      const expected = at(moment)
      const seen = hourCounts[hour]! >= 2 * perHour ? expected + clip(value - expected, most) : value
      if (hourCounts[hour]! > 0) follow(seen, moment)
      const relative = !multiplies ? clip(seen - level(), LARGEST) : level() > 0 ? within(seen / level()) : 1
      means[cell]! += Math.max(fineRate, 1 / (counts[cell]! + 1)) * (relative - means[cell]!)
      counts[cell] = Math.min(MANY, counts[cell]! + 1)
      hourCounts[hour] = Math.min(MANY, hourCounts[hour]! + 1)
      hours[hour] = fitted(hour, HOURS, weekdays)
      weekdays[weekday] = fitted(weekday * HOURS, 1, hours)
      known[0]!++
      if (known[0]! % CENTRED_EVERY === 0) centre()
    },
  }
}
