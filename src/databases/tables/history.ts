import type { MetricType } from '../../core/metric-row.ts'
import type { History, Points } from '../database.ts'

/** Points of one series on their way into a history. */
export interface SeriesPoints {
  readonly name: string
  readonly type: MetricType
  readonly points: Points
}

/** Orders series by the code units of their metrics' names, which is how no engine's collation orders them all. Series without points vanish. */
export function historyOf(series: Iterable<SeriesPoints>): History {
  const metrics = new Map<string, Map<MetricType, Points>>()
  for (const { name, type, points } of series) {
    if (points.timestamps.length === 0) continue
    const types = metrics.get(name)
    if (types === undefined) metrics.set(name, new Map([[type, points]]))
    else types.set(type, points)
  }
  return new Map([...metrics].sort(([a], [b]) => (a < b ? -1 : 1)))
}
