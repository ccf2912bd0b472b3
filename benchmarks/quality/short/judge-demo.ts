import type { LabelledSeries } from '../labelled-series.ts'
import type { Judged } from './judge-short.ts'

/** Alerts on a real series. */
export interface DemoVerdict {
  readonly name: string
  readonly points: number
  /** From the first judged point to the last. */
  readonly weeks: number
  readonly alerts: readonly { readonly timestamp: number; readonly value: number }[]
}

const WEEK_MS = 7 * 86_400_000

/** What was said of a real series. */
export function judgeDemo(
  { name, series: { timestamps, values } }: LabelledSeries,
  { levels, alerts }: Pick<Judged, 'levels' | 'alerts'>,
): DemoVerdict {
  const first = levels.findIndex((level) => !Number.isNaN(level))
  const last = levels.findLastIndex((level) => !Number.isNaN(level))
  return {
    name,
    points: values.length,
    weeks: first === -1 ? 0 : (timestamps[last]! - timestamps[first]!) / WEEK_MS,
    alerts: alerts.map((index) => ({ timestamp: timestamps[index]!, value: values[index]! })),
  }
}
