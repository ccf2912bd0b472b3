import { describe, expect, it } from 'vitest'
import { alertsWithin, budgetOf, weeksOf } from '../../../benchmarks/quality/alert-budget.ts'
import {
  addEventCounts,
  delays,
  eventCounts,
  eventPrecision,
  eventRecall,
} from '../../../benchmarks/quality/events.ts'
import { thresholdGrid } from '../../../benchmarks/quality/threshold-grid.ts'

const windows = [
  { first: 10, last: 19 },
  { first: 40, last: 40 },
]

/** Alerts where the level is reached and no alert was within the last `quiet` points. */
function policy(levels: Float64Array, quiet: number) {
  return {
    levels,
    alertsAt(threshold: number | null) {
      const alerts: number[] = []
      levels.forEach((level, i) => {
        if (level >= threshold! && i - (alerts.at(-1) ?? -Infinity) > quiet) alerts.push(i)
      })
      return alerts
    },
  }
}

describe('events', () => {
  it('counts windows with an alert, and alerts in a window', () => {
    const counts = eventCounts([5, 12, 15, 41], windows)
    expect(counts).toEqual({ windows: 2, found: 1, alerts: 4, trueAlerts: 2 })
    expect([eventRecall(counts), eventPrecision(counts)]).toEqual([0.5, 0.5])
    expect(eventCounts([10, 19, 40], windows)).toEqual({ windows: 2, found: 2, alerts: 3, trueAlerts: 3 })
  })

  it('has no recall without a window and no precision without an alert', () => {
    expect(eventRecall(eventCounts([1], []))).toBeNaN()
    expect(eventPrecision(eventCounts([], windows))).toBeNaN()
  })

  it('adds up over series', () => {
    const all = addEventCounts([eventCounts([10], windows), eventCounts([1, 40], windows)])
    expect(all).toEqual({ windows: 4, found: 2, alerts: 3, trueAlerts: 2 })
  })

  it('measures the delay from the first point of a window to its first alert', () => {
    expect(delays([5, 13, 15, 40], windows)).toEqual([
      { points: 3, share: 0.3 },
      { points: 0, share: 0 },
    ])
    expect(delays([20, 39, 41], windows)).toEqual([])
  })
})

describe('a budget of alerts', () => {
  const DAY = 86_400_000

  it('goes by the calendar, and allows one at least', () => {
    const weeks = weeksOf(Float64Array.of(0, DAY, 21 * DAY))
    expect(weeks).toBe(3)
    expect([budgetOf(1, weeks), budgetOf(10, weeks), budgetOf(3, 0.9), budgetOf(1, 0.1)]).toEqual([
      3, 30, 2, 1,
    ])
    expect([weeksOf(new Float64Array(0)), weeksOf(Float64Array.of(5))]).toEqual([0, 0])
  })

  it('takes the strangest alerts first', () => {
    const levels = Float64Array.of(0, 0.9, 0, 0.5, 0, 0.7, 0, 0.8, 0, 0.6)
    expect(alertsWithin([1, 2, 4], policy(levels, 0))).toEqual([[1], [1, 7], [1, 5, 7, 9]])
  })

  it('applies the refractory rule before it ranks', () => {
    const levels = Float64Array.of(0.9, 0.89, 0.88, 0, 0, 0.5, 0, 0, 0, 0.4)
    expect(alertsWithin([2], policy(levels, 3))).toEqual([[0, 5]])
    expect(alertsWithin([2], policy(levels, 0))).toEqual([[0, 1]])
  })

  it('keeps what a smaller budget has, however far a lower threshold joins alerts', () => {
    const levels = Float64Array.of(0, 0.5, 0.6, 0.9, 0.6, 0.5, 0.6, 0.8, 0.6, 0, 0, 0, 0, 0.55, 0, 0, 0, 0)
    const lasting = {
      levels,
      alertsAt: (threshold: number | null) =>
        Array.from(levels.keys()).filter((i) => levels[i]! >= threshold! && !(levels[i - 1]! >= threshold!)),
    }
    expect(lasting.alertsAt(0.5)).toEqual([1, 13])
    expect(alertsWithin([1, 2, 3, 9], lasting)).toEqual([[3], [3, 7], [3, 7, 13], [3, 7, 13]])
  })

  it('takes the earlier first among equals, and fewer where there are not so many', () => {
    const levels = Float64Array.of(1, 0, 1, 0, 1, Number.NaN)
    expect(alertsWithin([2, 10], policy(levels, 1))).toEqual([
      [0, 2],
      [0, 2, 4],
    ])
    expect(alertsWithin([3], policy(new Float64Array(4).fill(Number.NaN), 0))).toEqual([[]])
  })
})

describe('a grid of thresholds', () => {
  it('falls from the highest level, and lets half of them through at last', () => {
    const levels = Float64Array.from({ length: 1000 }, (_, i) => i / 1000)
    const grid = thresholdGrid([{ levels }], 60)
    expect([grid[0], grid.at(-1)]).toEqual([0.999, 0.5])
    expect(grid).toEqual(grid.toSorted((a, b) => b - a))
    expect(grid.length).toBeGreaterThan(40)
  })

  it('keeps its size where many levels are the highest', () => {
    const levels = Float64Array.from({ length: 10_000 }, (_, i) => Math.min(1, i / 9000))
    expect(thresholdGrid([{ levels }], 60).length).toBeGreaterThan(55)
  })

  it('is empty without a level, and one for levels that are all the same', () => {
    expect(thresholdGrid([], 60)).toEqual([])
    expect(thresholdGrid([{ levels: Float64Array.of(Number.NaN) }], 60)).toEqual([])
    expect(thresholdGrid([{ levels: new Float64Array(9).fill(0.3) }], 60)).toEqual([0.3])
  })
})
