import { clip, type Expert, MANY } from './expert.ts'
import type { Memory } from './memory.ts'
import type { Moment } from './moment.ts'
import { createTwoSeasons } from './two-seasons.ts'

/** The last value. */
export function createLast(memory: Memory): Expert {
  const known = memory.numbers(2)
  return {
    predict: () => (known[1] === 0 ? Number.NaN : known[0]!),
    learn(value) {
      known[0] = value
      known[1] = 1
    },
  }
}

/** Simple exponential smoothing, from the mean of the first values on. */
export function createLevel(memory: Memory, rate: number): Expert {
  const known = memory.numbers(2)
  return {
    predict: () => (known[1] === 0 ? Number.NaN : known[0]!),
    learn(value, _moment, most) {
      known[0] =
        known[1] === 0
          ? value
          : known[0]! + Math.max(rate, 1 / (known[1]! + 1)) * clip(value - known[0]!, most)
      known[1]!++
    },
  }
}

const TREND_RATE = 0.02
const TREND_LEVEL_RATE = 0.15

/** Holt's linear trend. */
export function createTrend(memory: Memory): Expert {
  const known = memory.numbers(3)
  return {
    predict: () => (known[2] === 0 ? Number.NaN : known[0]! + known[1]!),
    learn(value, _moment, most) {
      const count = known[2]!++
      if (count === 0) {
        known[0] = value
        return
      }
      const surprise = clip(value - known[0]! - known[1]!, most)
      known[0] = known[0]! + known[1]! + Math.max(TREND_LEVEL_RATE, 1 / (count + 1)) * surprise
      known[1]! += TREND_RATE * surprise
    },
  }
}

export interface Season {
  readonly size: number
  readonly of: (moment: Moment) => number
}

const SEASON_RATE = 0.1
/** A season of which one value is known is believed by 1 / (1 + this). */
const DOUBT = 0.3

/** A smoothed level, and what is usually added to it at each phase of a season. */
export function createSeasonal(memory: Memory, { size, of }: Season, rate: number): Expert {
  const level = memory.numbers(2)
  const table = memory.numbers(size)
  const counts = memory.counts(size)
  return {
    predict(moment) {
      const phase = of(moment)
      const count = counts[phase]!
      return count === 0 ? Number.NaN : level[0]! + (table[phase]! * count) / (count + DOUBT)
    },
    learn(value, moment, most) {
      const phase = of(moment)
      const count = counts[phase]!
      counts[phase] = Math.min(MANY, count + 1)
      if (level[1] === 0) level[0] = value
      level[1]!++
      const believed = count === 0 ? 0 : (table[phase]! * count) / (count + DOUBT)
      const surprise = value - level[0]! - believed
      const seasonal = value - level[0]! - table[phase]!
      table[phase]! += Math.max(SEASON_RATE, 1 / (count + 1)) * (count < 2 ? seasonal : clip(seasonal, most))
      level[0]! += Math.max(rate, 1 / (level[1]! + 1)) * clip(surprise, most)
    },
  }
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Clocks are not exact. */
const ALMOST = 1.01

const HOURS: Season = { size: 24, of: ({ hour }) => hour }
const HOURS_OF_WEEK: Season = { size: 168, of: ({ hourOfWeek }) => hourOfWeek }
const WEEKDAYS: Season = { size: 7, of: ({ weekday }) => weekday }
const DAYS_OF_MONTH: Season = { size: 31, of: ({ dayOfMonth }) => dayOfMonth }

export interface Witness {
  readonly expert: Expert
  /** The season that is part of what it says; empty for none. */
  readonly season: string
  /** It follows a series slowly. */
  readonly slow: boolean
}

/** Who can tell something of a series with this step between its points, ms. */
export function createExperts(memory: Memory, step: number): readonly Witness[] {
  const plain = [
    createLast(memory),
    createLevel(memory, 0.3),
    createLevel(memory, 0.1),
    createLevel(memory, SLOW),
    createTrend(memory),
  ].map((expert, i) => ({ expert, season: '', slow: i === SLOW_LEVEL }))
  const seasonal = (season: Season, name: string, rates: readonly number[]) =>
    rates.map((rate) => ({
      expert: createSeasonal(memory, season, rate),
      season: name,
      slow: rate === SLOW,
    }))
  const quickAndSlow = [0.1, 0.3, SLOW]
  const perHour = Math.max(1, HOUR / step)
  const twoSeasons = [false, true].flatMap((multiplies) =>
    [SLOW, 0.3].map((rate) => ({
      expert: createTwoSeasons(memory, { multiplies, rate, perHour }),
      season: 'hour and weekday',
      slow: rate === SLOW,
    })),
  )
  return [
    ...plain,
    ...(step <= HOUR * ALMOST ? [...seasonal(HOURS, 'hour', quickAndSlow), ...twoSeasons] : []),
    // Weeks are too few for a level that follows them quickly.
    ...(step <= DAY / 2 ? seasonal(HOURS_OF_WEEK, 'hour of the week', [0.1, SLOW]) : []),
    ...(step <= DAY * ALMOST ? seasonal(WEEKDAYS, 'weekday', quickAndSlow) : []),
    ...(step > DAY / 2 && step <= DAY * ALMOST
      ? [{ expert: createSeasonal(memory, DAYS_OF_MONTH, 0.1), season: 'day of the month', slow: false }]
      : []),
  ]
}

const SLOW = 0.02
/** Which of the experts is the level that follows slowly: what a season is measured against. */
export const SLOW_LEVEL = 3
