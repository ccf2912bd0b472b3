import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnomalyPolicy } from '../../src/alerts/anomaly-policy.ts'
import { createBudgetThreshold, thresholdForBudget } from '../../src/alerts/budget-threshold.ts'
import { createRandom } from '../../src/core/random.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEKLY = 1 / (7 * DAY)

const hourly = (scores: readonly number[]) => ({
  timestamps: Float64Array.from(scores, (_, index) => index * HOUR),
  scores: Float64Array.from(scores),
})
/** Scores that are all different, in no order. */
const noise = (count: number, seed = 1) => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => Math.round(random.next() * 5_000) / 10_000)
}
const budget = { rate: WEEKLY, fallback: 0.8, snoozeN: 0 }

describe('thresholdForBudget', () => {
  it('is the score that as many points reach as alerts are allowed', () => {
    const scores = noise(4 * 7 * 24)
    const fourth = scores.toSorted((a, b) => b - a)[3]
    expect(thresholdForBudget(hourly(scores), budget)).toBe(fourth)
  })

  it('counts what the snooze joins as one alert', () => {
    const scores = noise(2 * 7 * 24).map((score) => score / 2)
    scores.splice(100, 3, 0.9, 0.6, 0.8)
    scores[200] = 0.7
    scores[300] = 0.5
    expect(thresholdForBudget(hourly(scores), budget)).toBe(0.8)
    expect(thresholdForBudget(hourly(scores), { ...budget, snoozeN: 3 })).toBe(0.6)
  })

  it('is above all scores, and not below the fallback, when the time is too short for one alert', () => {
    expect(thresholdForBudget(hourly(noise(100)), budget)).toBe(0.8)
    expect(thresholdForBudget(hourly([...noise(99), 0.9]), budget)).toBeCloseTo(0.9, 5)
    expect(thresholdForBudget(hourly([...noise(99), 0.9]), budget)).toBeGreaterThan(0.9)
    expect(thresholdForBudget(hourly([...noise(99), 1]), budget)).toBe(1)
  })

  it('is the fallback where there is no history', () => {
    expect(thresholdForBudget(hourly([]), budget)).toBe(0.8)
    expect(thresholdForBudget(hourly([0.5]), budget)).toBe(0.8)
  })

  it('is reached by at most half of the points, however many alerts are allowed', () => {
    const scores = noise(1_001)
    const upperHalf = scores.toSorted((a, b) => a - b)[501]
    expect(thresholdForBudget(hourly(scores), { ...budget, rate: 100 / HOUR })).toBe(upperHalf)
  })

  it('stays above a constant', () => {
    const threshold = thresholdForBudget(hourly(new Array<number>(1_000).fill(0.2)), budget)
    expect(threshold).toBeGreaterThan(0.2)
    expect(thresholdForBudget(hourly([0, 0, 0]), { ...budget, rate: 1 / HOUR, snoozeN: 1 })).toBeGreaterThan(
      0,
    )
  })

  it('would not have alerted more often than the budget allows (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 400 }),
        fc.nat(5),
        fc.integer({ min: 1, max: 200 }),
        (raw, snoozeN, hours) => {
          const scores = raw.map((score) => score / 50)
          const { timestamps } = hourly(scores)
          const rate = 1 / (hours * HOUR)
          const threshold = thresholdForBudget(
            { timestamps, scores: Float64Array.from(scores) },
            {
              rate,
              fallback: 0.8,
              snoozeN,
            },
          )
          const policy = createAnomalyPolicy({ threshold, smoothN: 1, snoozeN })
          const alerts = scores.filter((score) => policy.next({ score }).alert).length
          expect(alerts).toBeLessThanOrEqual(Math.floor(rate * scores.length * HOUR + 1e-9))
        },
      ),
    )
  })
})

describe('createBudgetThreshold', () => {
  it('goes by the scores before the day, whoever asks and whenever', () => {
    const scores = noise(60 * 24)
    const whole = createBudgetThreshold(budget)
    const thresholds = scores.map((score, hour) => whole.next(hour * HOUR, score))
    expect(new Set(thresholds).size).toBeGreaterThan(5)
    for (let hour = 1; hour < thresholds.length; hour++)
      if (hour % 24 !== 0) expect(thresholds[hour]).toBe(thresholds[hour - 1])
    expect(thresholds[50 * 24]).toBe(thresholdForBudget(hourly(scores.slice(0, 50 * 24)), budget))
  })

  it('forgets scores beyond so many', () => {
    const scores = [...new Array<number>(500).fill(0.9), ...noise(30 * 24)]
    const bounded = createBudgetThreshold(budget, 14 * 24)
    const thresholds = scores.map((score, hour) => bounded.next(hour * HOUR, score))
    expect(thresholds.at(-1)).toBeLessThan(0.51)
    expect(thresholds[20 * 24]).toBeGreaterThan(0.8)
  })

  it('keeps to the budget on scores that come, about', () => {
    const scores = noise(52 * 7 * 24, 7)
    const policy = createAnomalyPolicy({ threshold: null, smoothN: 1, snoozeN: 3, budget: WEEKLY })
    const alerts = scores.filter((score, hour) => policy.next({ score, timestamp: hour * HOUR }).alert).length
    expect(alerts).toBeGreaterThan(25)
    expect(alerts).toBeLessThan(80)
  })
})
