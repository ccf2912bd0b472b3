import { describe, expect, it } from 'vitest'
import { parseAlertBudget } from '../../src/core/alert-budget.ts'
import { alertRates, splitTimes } from '../../src/jobs/tuning/alert-rates.ts'
import { budgetText, budgetUnit } from '../../src/jobs/tuning/budget-text.ts'
import { nearestTry, searchBudget, searchThreshold } from '../../src/jobs/tuning/search-setting.ts'

describe('rates of alerts', () => {
  const metrics = [
    { batch: 'a', metric: 'x', first: 0, last: 100, alerts: [10, 20, 80] },
    { batch: 'a', metric: 'y', first: 0, last: 100, alerts: [] },
    // Too short a time to count among the metrics, and counted in the mean.
    { batch: 'a', metric: 'late', first: 60, last: 100, alerts: [60, 65, 70, 90] },
  ]
  const part = (from: number, to: number) => alertRates(metrics, () => ({ from, to }))

  it('are those of a part of the time, its start included and its end not', () => {
    expect(part(0, 70)).toEqual({
      metrics: 3,
      alerts: 4,
      time: 150,
      mean: 4 / 150,
      q10: expect.closeTo(0.1 * (2 / 70), 10),
      median: expect.closeTo(1 / 70, 10),
      q90: expect.closeTo(0.9 * (2 / 70), 10),
      max: 2 / 70,
    })
    expect(part(70, 101)).toMatchObject({ metrics: 3, alerts: 3, time: 90 })
    expect(part(200, 300)).toBeUndefined()
    expect(alertRates([], () => ({ from: 0, to: 1 }))).toBeUndefined()
  })

  it('are split where the time of each batch is', () => {
    const splits = splitTimes([...metrics, { ...metrics[0]!, batch: 'b', first: 1000, last: 2000 }], 0.7)
    expect(splits.get('a')).toEqual({ from: 0, to: 100, split: 70 })
    expect(splits.get('b')).toEqual({ from: 1000, to: 2000, split: 1700 })
  })
})

describe('search', () => {
  const target = { rate: 1, least: 0.01 }

  it.each([0.02, 0.3, 1, 5, 40])('finds the budget where %d times as much comes of it', async (factor) => {
    const tried = await searchBudget((budget) => Promise.resolve(budget * factor), target)
    const best = nearestTry(tried, target)!
    expect(tried.length).toBeLessThanOrEqual(8)
    expect(best.rate).toBeGreaterThan(1 / 1.2)
    expect(best.rate).toBeLessThan(1.2)
  })

  it('ends with the nearest where nothing helps', async () => {
    for (const rate of [0, 7]) {
      const tried = await searchBudget(() => Promise.resolve(rate), target)
      expect([tried.length, nearestTry(tried, target)!.value]).toEqual([4, 1])
    }
  })

  it('finds the threshold to the thousandth, from above', () => {
    const tried = searchThreshold((threshold) => 10 ** (12 * (0.737 - threshold)), target)
    expect(nearestTry(tried, target)!.value).toBe(0.737)
    expect(tried.length).toBeLessThan(25)
    // Below 0.6 all is one anomaly, and rates are small again: that is not asked.
    const folded = searchThreshold((threshold) => (threshold < 0.6 ? 0.9 : 50 * (1 - threshold)), target)
    expect(nearestTry(folded, target)!.value).toBeCloseTo(0.98, 2)
  })

  it('takes 1 where even that alerts too often, and the nearest where nothing alerts enough', () => {
    expect(searchThreshold(() => 9, target)).toEqual([{ value: 1, rate: 9 }])
    const tried = searchThreshold((threshold) => 0.5 - threshold / 10, target)
    expect(nearestTry(tried, target)!.value).toBe(0.3)
  })
})

describe('budgets as text', () => {
  const per = (text: string) => parseAlertBudget(text)!

  it('are written in the unit of the target, or in one that suits them', () => {
    expect(budgetText(per('1.234 per week'), 'week')).toBe('1.2 per week')
    expect(budgetText(per('2 per month'), 'month')).toBe('2 per month')
    expect(budgetText(per('0.02 per day'), 'day')).toBe('0.14 per week')
    expect(budgetText(per('1 per year') / 1000, 'hour')).toBe('0.01 per year')
    expect(budgetText(per('5000 per month'), 'month')).toBe('160 per day')
    expect(['3 per day', '1 per 4 Weeks', '1/quarter'].map(budgetUnit)).toEqual(['day', 'week', 'quarter'])
  })

  it('can be read again', () => {
    for (let exponent = -20; exponent < 3; exponent++) {
      const text = budgetText(10 ** exponent, 'month')
      expect(per(text)).toBeGreaterThan(0)
    }
  })
})
