import type { Batch } from '../../config/project.ts'
import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, Points } from '../../databases/database.ts'
import { loadHistory } from '../../jobs/load-history.ts'
import { firstNotBefore } from '../../models/positions.ts'
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
  const database = services.database(batch)
  const table = database.metricsTable(batch.settings.table_key)
  await table.ensure()
  const within = bounds(window, services.clock.now(), Math.floor(MOST_ROWS / metrics.length))
  const history = await loadHistory(
    { batch, database, table, templates: services.templates },
    'dashboard_sql',
    {
      types: SERIES_TYPES,
      metadataOf: ['score'],
      metrics,
      ...within,
    },
  )
  const starts = new Map(metrics.map((metric) => [metric, startOf(history, metric, { window, within })]))
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
      rows: clip(history.get(metric) ?? new Map(), within),
      alerts: byMetric.get(metric) ?? [],
      from: window.kind === 'span' ? now - window.milliseconds : starts.get(metric)!,
      to: window.kind === 'range' ? (window.to ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
      smoothN: batch.settings.alert_smooth_n,
    }),
  )
}

type Bounds = Pick<HistoryQuery, 'since' | 'until' | 'maxPoints'>

function bounds(window: SeriesWindow, now: number, most: number): Bounds {
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
function startOf(
  history: History,
  metric: string,
  { window, within }: { readonly window: SeriesWindow; readonly within: Bounds },
): number {
  if (window.kind === 'range') return window.from ?? Number.NEGATIVE_INFINITY
  const points = history.get(metric)?.get('metric')
  return (points && clipPoints(points, within).timestamps[0]) ?? Number.NEGATIVE_INFINITY
}

/** What a batch's own SQL returns may be more than was asked for. */
function clip(rows: ReadonlyMap<MetricType, Points>, within: Bounds): ReadonlyMap<MetricType, Points> {
  return new Map([...rows].map(([type, points]) => [type, clipPoints(points, within)]))
}

function clipPoints(points: Points, { since, until, maxPoints }: Bounds): Points {
  const { timestamps, values, metadata } = points
  const end = until === undefined ? timestamps.length : firstNotBefore(timestamps, until + 1)
  const begin = Math.max(
    since === undefined ? 0 : firstNotBefore(timestamps, since),
    maxPoints === undefined ? 0 : end - maxPoints,
  )
  if (begin === 0 && end === timestamps.length) return points
  return {
    timestamps: timestamps.subarray(begin, end),
    values: values.subarray(begin, end),
    ...(metadata === undefined ? {} : { metadata: metadata.slice(begin, end) }),
  }
}
