import type { Judged } from './judge.ts'
import { thresholdGrid } from './threshold-grid.ts'

const WEEK = 7 * 86_400_000
const THRESHOLDS = 100

/** Length of a series in weeks, of the calendar. */
export function weeksOf(timestamps: Float64Array): number {
  return timestamps.length === 0 ? 0 : (timestamps.at(-1)! - timestamps[0]!) / WEEK
}

/** Alerts that a budget of so many a week allows over a series: at least one. */
export function budgetOf(perWeek: number, weeks: number): number {
  return Math.max(1, Math.floor(perWeek * weeks))
}

/**
 * The alerts that people get who read at most so many, for each of several budgets. Alerts are ranked by the highest threshold at which the
 * product's own policy, its refractory rule included, raises them; those of one threshold by their level, the earlier first among equals. An alert of
 * a lower threshold is a new one unless an alert of a higher threshold lies between it and the next: then it only begins earlier what is known.
 */
export function alertsWithin(
  budgets: readonly number[],
  { levels, alertsAt }: Pick<Judged, 'levels' | 'alertsAt'>,
): readonly (readonly number[])[] {
  const most = Math.max(...budgets)
  const ranked: number[] = []
  for (const threshold of thresholdGrid([{ levels }], THRESHOLDS)) {
    const alerts = alertsAt(threshold)
    const fresh = alerts.filter((alert, k) => {
      const next = alerts[k + 1] ?? Number.POSITIVE_INFINITY
      return !ranked.some((known) => known >= alert && known < next)
    })
    ranked.push(...fresh.sort((a, b) => levels[b]! - levels[a]! || a - b))
    if (ranked.length >= most) break
  }
  return budgets.map((budget) => ranked.slice(0, budget).sort((a, b) => a - b))
}
