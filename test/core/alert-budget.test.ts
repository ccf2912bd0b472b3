import { describe, expect, it } from 'vitest'
import { parseAlertBudget } from '../../src/core/alert-budget.ts'

const DAY = 86_400_000

describe('parseAlertBudget', () => {
  it.each<[string, number]>([
    ['1 per week', 1 / (7 * DAY)],
    ['3 per day', 3 / DAY],
    ['1 per 4 weeks', 1 / (28 * DAY)],
    ['2 per 2 weeks', 1 / (7 * DAY)],
    ['0.5 per hour', 12 / DAY],
    ['12 per year', 12 / (365.25 * DAY)],
    ['1 per month', 12 / (365.25 * DAY)],
    ['1/day', 1 / DAY],
    ['  2  a  Day ', 2 / DAY],
    ['1 per quarter', 4 / (365.25 * DAY)],
  ])('%j', (text, rate) => {
    expect(parseAlertBudget(text)).toBeCloseTo(rate, 18)
  })

  it.each([
    '',
    '1',
    'per week',
    '1 per',
    '0 per week',
    '1 per 0 weeks',
    '-1 per week',
    '1 per fortnight',
    'one per week',
    '1 per week and more',
    '1e9 per day',
    'Infinity per day',
    `${'9'.repeat(400)} per day`,
  ])('%j is none', (text) => {
    expect(parseAlertBudget(text)).toBeUndefined()
  })
})
