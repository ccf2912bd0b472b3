import { parseAlertBudget } from '../../core/alert-budget.ts'

const UNITS = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const

/** What can be written. */
const LEAST = 0.01
const MOST = 990_000

export type BudgetUnit = (typeof UNITS)[number]

/** The period that a budget such as `1 per 4 weeks` is written in. */
export function budgetUnit(text: string): BudgetUnit {
  return UNITS.find((unit) => text.toLowerCase().includes(unit)) ?? 'week'
}

/** Alerts in such a period, of a rate per ms. */
export function perUnit(rate: number, unit: BudgetUnit): number {
  return rate / (parseAlertBudget(`1 per ${unit}`) ?? 1)
}

/** A rate per ms as a budget of two digits, in this unit or, where that gives very small or large numbers, in another. */
export function budgetText(rate: number, unit: BudgetUnit): string {
  const from = UNITS.indexOf(unit)
  const longer = UNITS.slice(from).find((each) => perUnit(rate, each) >= 0.1) ?? 'year'
  const chosen =
    perUnit(rate, unit) < 1000
      ? longer
      : (UNITS.slice(0, from).findLast((each) => perUnit(rate, each) < 1000) ?? 'hour')
  const amount = Math.min(MOST, Math.max(LEAST, perUnit(rate, chosen)))
  return `${Number(amount.toPrecision(2))} per ${chosen}`
}
