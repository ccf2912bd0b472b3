import type { PointWindow } from './windows.ts'

/** What a true alert earns, and a false one and a missed window cost. */
export interface NabProfile {
  readonly hit: number
  readonly falseAlarm: number
  readonly miss: number
}

export const NAB_PROFILES = {
  standard: { hit: 1, falseAlarm: 0.11, miss: 1 },
  lowFP: { hit: 1, falseAlarm: 0.22, miss: 1 },
  lowFN: { hit: 1, falseAlarm: 0.11, miss: 2 },
} as const satisfies Record<string, NabProfile>

export type NabProfileName = keyof typeof NAB_PROFILES
export const NAB_PROFILE_NAMES = Object.keys(NAB_PROFILES) as readonly NabProfileName[]

/** What counts of the alerts on one series, before a profile weighs it; counts of several series add up. */
export interface NabCounts {
  /** Windows that could be found. */
  readonly windows: number
  readonly found: number
  /** Sum over the windows found of how early, 0 to 1 each. */
  readonly earliness: number
  /** Sum over the false alarms of how far from a window, 0 to 1 each. */
  readonly falseAlarms: number
}

const PROBATION_SHARE = 0.15
const MOST_PROBATION = 750

/** Points at the start of a series that are not judged. */
export function probationOf(points: number): number {
  return Math.min(Math.floor(PROBATION_SHARE * points), MOST_PROBATION)
}

/** The scaled sigmoid, -1 to 1, of a position relative to a window: -1 is its start, 0 its end, and 1 as far after it again. */
function sigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}

const EARLIEST = sigmoid(-1)

/**
 * Counts alerts as the Numenta Anomaly Benchmark does (Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms", ICMLA 2015;
 * scoring of its version 1.1). The first alert in a window counts by how early it is; an alert outside costs by how far it is after the window
 * before it, and in full where there is none. Alerts in probation are ignored; a window that ends in it cannot be found, and is left out.
 * `alerts` are points in ascending order, `windows` are apart and in the order of time.
 */
export function nabCounts(
  alerts: ArrayLike<number>,
  { points, windows }: { readonly points: number; readonly windows: readonly PointWindow[] },
): NabCounts {
  const probation = probationOf(points)
  const findable = windows.filter(({ last }) => last >= probation)
  const hit = new Uint8Array(windows.length)
  let found = 0
  let earliness = 0
  let falseAlarms = 0
  // The newest window that starts at or before the alert.
  let at = -1
  for (let i = 0; i < alerts.length; i++) {
    const alert = alerts[i]!
    if (alert < probation) continue
    while (at + 1 < windows.length && windows[at + 1]!.first <= alert) at++
    const window = windows[at]
    if (window === undefined) falseAlarms++
    else if (alert > window.last) falseAlarms -= sigmoid((alert - window.last) / (window.last - window.first))
    else if (hit[at] === 0) {
      hit[at] = 1
      found++
      earliness += sigmoid(-(window.last - alert + 1) / (window.last - window.first + 1)) / EARLIEST
    }
  }
  return { windows: findable.length, found, earliness, falseAlarms }
}

export function addNabCounts(all: Iterable<NabCounts>): NabCounts {
  let [windows, found, earliness, falseAlarms] = [0, 0, 0, 0]
  for (const counts of all) {
    windows += counts.windows
    found += counts.found
    earliness += counts.earliness
    falseAlarms += counts.falseAlarms
  }
  return { windows, found, earliness, falseAlarms }
}

/** The score: 0 for no alert at all, 100 for one at the start of every window and no other. NaN without a window. */
export function nabScore(counts: NabCounts, profile: NabProfile): number {
  const { hit, miss } = profile
  if (counts.windows === 0) return Number.NaN
  return (100 * (rawScore(counts, profile) + miss * counts.windows)) / ((hit + miss) * counts.windows)
}

/** How much is missing to the perfect raw score. */
export function nabLoss(counts: NabCounts, profile: NabProfile): number {
  return profile.hit * counts.windows - rawScore(counts, profile)
}

function rawScore({ windows, found, earliness, falseAlarms }: NabCounts, profile: NabProfile): number {
  return profile.hit * earliness - profile.falseAlarm * falseAlarms - profile.miss * (windows - found)
}
