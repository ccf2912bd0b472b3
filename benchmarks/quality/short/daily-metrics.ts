import { between, binomial, logNormal, poisson } from './draws.ts'
import type { Draw, Profile } from './profile.ts'
import { weekSeason } from './season.ts'

const DAYS_PER_YEAR = 365
/** Days on which shops are closed, as month and day. */
const HOLIDAYS = new Set(['01-01', '04-10', '05-01', '08-15', '11-01', '12-25', '12-26'])
const isHoliday = (timestamp: number) => HOLIDAYS.has(new Date(timestamp).toISOString().slice(5, 10))

/** Money by the day: weekdays, a mild trend, noise that grows with the level, and holidays. */
const revenue: Profile = {
  name: 'revenue',
  step: 'daily',
  lower: 0,
  upper: Number.POSITIVE_INFINITY,
  whole: false,
  create(random) {
    const level = 10 ** between(random, 3, 6)
    const growth = between(random, -0.2, 0.4)
    const sigma = between(random, 0.04, 0.12)
    const left = between(random, 0.2, 0.5)
    const week = weekSeason(random)
    return (index, timestamp): Draw => {
      const holiday = isHoliday(timestamp)
      const expected =
        level * (1 + growth) ** (index / DAYS_PER_YEAR) * week(timestamp) * (holiday ? left : 1)
      return { value: expected * logNormal(random, sigma), expected, scale: expected, holiday }
    }
  },
}

/** New customers by the day, `mean` of them on a usual one. */
const signUps = (mean: number): Profile => ({
  name: `sign-ups ${mean}`,
  step: 'daily',
  lower: 0,
  upper: Number.POSITIVE_INFINITY,
  whole: true,
  create(random) {
    const level = mean * between(random, 0.8, 1.25)
    const week = weekSeason(random)
    return (_, timestamp) => {
      const expected = level * week(timestamp)
      return { value: poisson(random, expected), expected, scale: Math.sqrt(expected) }
    }
  },
})

/** The share of visitors who buy: a ratio of counts, of which the lower one changes from day to day. */
const conversionRate: Profile = {
  name: 'conversion rate',
  step: 'daily',
  lower: 0,
  upper: 1,
  whole: false,
  create(random) {
    const chance = between(random, 0.05, 0.4)
    const visitors = 10 ** between(random, 2.2, 3.3)
    const week = weekSeason(random)
    return (_, timestamp) => {
      const trials = Math.max(20, poisson(random, visitors * week(timestamp) * logNormal(random, 0.1)))
      return {
        value: binomial(random, trials, chance) / trials,
        expected: chance,
        scale: 1 / Math.sqrt(trials),
      }
    }
  },
}

/** Metrics that businesses look at once a day. */
export const DAILY_METRICS: readonly Profile[] = [
  revenue,
  signUps(3),
  signUps(30),
  signUps(400),
  conversionRate,
]
