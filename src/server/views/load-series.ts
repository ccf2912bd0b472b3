import type { Batch } from '../../config/project.ts'
import type { History, HistoryQuery } from '../../databases/database.ts'
import type { LastN } from '../last-n.ts'
import type { ServerServices } from '../services.ts'
import { groupBy } from './group-by.ts'
import { joinSeries, type MetricSeries, SERIES_TYPES } from './metric-series.ts'

/** A stretch of time, both ends included, UTC epoch ms; an absent end is open. */
export interface TimeRange {
  readonly kind: 'range'
  readonly from?: number
  readonly to?: number
}

export type SeriesWindow = LastN | TimeRange

/** Rows of one type that one call reads at most, over all metrics together: a page never holds more than this in memory. */
const MOST_ROWS = 1_000_000

/** Reads the window of these metrics with one history query and one of the alerts, in the order of `metrics`; without rows a series is empty. */
export async function loadSeries(
  services: ServerServices,
  batch: Batch,
  { metrics, window }: { readonly metrics: readonly string[]; readonly window: SeriesWindow },
): Promise<readonly MetricSeries[]> {
  if (metrics.length === 0) return []
  const table = services.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  const history = await table.history({
    batch: batch.name,
    types: SERIES_TYPES,
    metadataOf: ['score'],
    metrics,
    ...bounds(window, services.clock.now(), Math.floor(MOST_ROWS / metrics.length)),
  })
  const starts = new Map(metrics.map((metric) => [metric, startOf(history, metric, window)]))
  const since = Math.min(...starts.values())
  const alerts = await services.control.alerts.ofBatch({
    batch: batch.name,
    since: Number.isFinite(since) ? since : 0,
  })
  const byMetric = groupBy(alerts, (alert) => alert.metric)
  const now = services.clock.now()
  return metrics.map((metric) =>
    joinSeries({
      metric,
      rows: history.get(metric) ?? new Map(),
      alerts: byMetric.get(metric) ?? [],
      from: window.kind === 'span' ? now - window.milliseconds : starts.get(metric)!,
      to: window.kind === 'range' ? (window.to ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
      smoothN: batch.settings.alert_smooth_n,
    }),
  )
}

function bounds(
  window: SeriesWindow,
  now: number,
  most: number,
): Pick<HistoryQuery, 'since' | 'until' | 'maxPoints'> {
  switch (window.kind) {
    case 'points':
      return { maxPoints: Math.min(window.points, most) }
    case 'span':
      return { since: now - window.milliseconds, maxPoints: most }
    case 'range':
      return {
        maxPoints: most,
        ...(window.from === undefined ? {} : { since: window.from }),
        ...(window.to === undefined ? {} : { until: window.to }),
      }
  }
}

/** In a window of points the oldest value is where the window starts: scores and alerts before it belong to older points. */
function startOf(history: History, metric: string, window: SeriesWindow): number {
  if (window.kind === 'range') return window.from ?? Number.NEGATIVE_INFINITY
  return history.get(metric)?.get('metric')?.timestamps[0] ?? Number.NEGATIVE_INFINITY
}
