import type { Series } from '../core/series.ts'
import { snoozed } from './decide-anomalies.ts'

export interface Bounds {
  readonly upper?: number | undefined
  readonly lower?: number | undefined
}

export interface ThresholdQuestion {
  readonly bounds: Bounds
  /** The newest so many points are compared, … */
  readonly recentN: number
  /** … and all from this one on: those that nobody has looked at yet. */
  readonly firstNew?: number
  /** No breach within so many points of the last recorded one. */
  readonly snoozeN: number
  /** Timestamps of threshold alerts of this metric that stand already. */
  readonly raised: ReadonlySet<number>
}

export interface Breach {
  /** Index into the series. */
  readonly index: number
  readonly side: 'upper' | 'lower'
  readonly bound: number
}

/** Which of the newest points, and of those that came since somebody last looked, lie strictly beyond a bound and alert, oldest first; the upper bound is looked at first. */
export function decideThresholds(series: Series, question: ThresholdQuestion): readonly Breach[] {
  const { timestamps, values } = series
  const raised = new Set(question.raised)
  const breaches: Breach[] = []
  const newest = Math.max(0, values.length - question.recentN)
  for (let index = Math.min(newest, question.firstNew ?? newest); index < values.length; index++) {
    if (raised.has(timestamps[index]!) || snoozed(timestamps, index, question.snoozeN, raised)) continue
    const breach = breachOf(values[index]!, question.bounds)
    if (breach === undefined) continue
    raised.add(timestamps[index]!)
    breaches.push({ index, ...breach })
  }
  return breaches
}

function breachOf(
  value: number,
  { upper, lower }: Bounds,
): { side: Breach['side']; bound: number } | undefined {
  if (upper !== undefined && value > upper) return { side: 'upper', bound: upper }
  if (lower !== undefined && value < lower) return { side: 'lower', bound: lower }
  return undefined
}
