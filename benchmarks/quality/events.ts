import type { PointWindow } from './windows.ts'

/** Alerts held against labelled windows, each window one event; counts of several series add up. */
export interface EventCounts {
  readonly windows: number
  /** Windows with an alert in them. */
  readonly found: number
  readonly alerts: number
  /** Alerts in a window. */
  readonly trueAlerts: number
}

/** How long after its start a window was first alerted on. */
export interface Delay {
  readonly points: number
  /** Of the window's length: 0 at its first point. */
  readonly share: number
}

/** Points of the first alert in each window that has one. */
function firstAlerts(alerts: readonly number[], windows: readonly PointWindow[]) {
  return windows.flatMap((window) => {
    const alert = alerts.find((point) => point >= window.first)
    return alert === undefined || alert > window.last ? [] : [{ window, alert }]
  })
}

/** Counts all alerts and all windows: people see them in the learning phase too. `alerts` are points in ascending order. */
export function eventCounts(alerts: readonly number[], windows: readonly PointWindow[]): EventCounts {
  const inWindow = (point: number) => windows.some(({ first, last }) => point >= first && point <= last)
  return {
    windows: windows.length,
    found: firstAlerts(alerts, windows).length,
    alerts: alerts.length,
    trueAlerts: alerts.filter(inWindow).length,
  }
}

export function addEventCounts(all: readonly EventCounts[]): EventCounts {
  const sum = (key: keyof EventCounts) => all.reduce((total, counts) => total + counts[key], 0)
  return {
    windows: sum('windows'),
    found: sum('found'),
    alerts: sum('alerts'),
    trueAlerts: sum('trueAlerts'),
  }
}

/** Share of windows found; NaN without a window. */
export const eventRecall = ({ found, windows }: EventCounts): number => found / windows

/** Share of alerts that lie in a window; NaN without an alert. */
export const eventPrecision = ({ trueAlerts, alerts }: EventCounts): number => trueAlerts / alerts

/** The delay of each window that was found. */
export function delays(alerts: readonly number[], windows: readonly PointWindow[]): readonly Delay[] {
  return firstAlerts(alerts, windows).map(({ window: { first, last }, alert }) => ({
    points: alert - first,
    share: (alert - first) / (last - first + 1),
  }))
}
