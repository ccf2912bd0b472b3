import type { Alert } from '../../alerts/alert.ts'
import type { Batch } from '../../config/project.ts'
import type { Series } from '../../core/series.ts'
import type { MetricSummary } from '../../databases/database.ts'
import type { ServerServices } from '../services.ts'
import { groupBy } from './group-by.ts'

const DAY = 86_400_000
const ALERT_DAYS = 7
const TREND_METRICS = 2
const TREND_POINTS = 60

/** A batch as the lists show it: its metrics, strangest first, and how they fare. */
export interface BatchOverview {
  readonly metrics: readonly MetricOverview[]
  /** Timestamp of the newest row, UTC epoch ms; absent without rows. */
  readonly newest?: number
  /** Of the last seven days by the time of their point, newest first. */
  readonly alerts: readonly Alert[]
  /** The newest values of the strangest metrics. */
  readonly trends: ReadonlyMap<string, Series>
}

export interface MetricOverview {
  readonly name: string
  readonly newest: number
  /** Values of the metric in the time that training looks at. */
  readonly points: number
  /** The newest score, 0..1; absent while the metric is learning. */
  readonly score?: number
  /** Alerts of the last seven days. */
  readonly alerts: number
  /** Present until the metric has as many points as training needs. */
  readonly learning?: { readonly points: number; readonly needed: number }
  /** No rows for `dashboard_stale_metric_max_days_ago` days. */
  readonly stale: boolean
}

/** Reads a batch's overview with three bounded queries of its metrics table and one of the control database. */
export async function loadBatchOverview(services: ServerServices, batch: Batch): Promise<BatchOverview> {
  const now = services.clock.now()
  const { settings } = batch
  const table = services.database(batch).metricsTable(settings.table_key)
  await table.ensure()
  const recent =
    now -
    Math.max(settings.train_metric_timestamp_max_days_ago, settings.dashboard_stale_metric_max_days_ago) * DAY
  const [recentSummary, scores, alerts] = await Promise.all([
    table.summary({ since: recent, batch: batch.name }),
    table.history({ batch: batch.name, types: ['score'], since: recent, maxPoints: 1 }),
    services.control.alerts.ofBatch({ batch: batch.name, since: now - ALERT_DAYS * DAY }),
  ])
  const summary =
    recentSummary.length > 0 ? recentSummary : await table.summary({ since: 0, batch: batch.name })
  const alertCounts = groupBy(alerts, (alert) => alert.metric)
  const staleBefore = now - settings.dashboard_stale_metric_max_days_ago * DAY
  const metrics = summary
    .filter((metric) => metric.batch === batch.name)
    .map((metric) =>
      describeMetric(metric, {
        score: scores.get(metric.name)?.get('score')?.values.at(-1),
        alerts: alertCounts.get(metric.name)?.length ?? 0,
        needed: settings.train_min_n,
        staleBefore,
      }),
    )
    .sort(byStrangeness)
  const strangest = metrics.slice(0, TREND_METRICS).map((metric) => metric.name)
  const history =
    strangest.length === 0
      ? new Map()
      : await table.history({
          batch: batch.name,
          types: ['metric'],
          metrics: strangest,
          maxPoints: TREND_POINTS,
        })
  const newest = metrics.reduce((latest, metric) => Math.max(latest, metric.newest), Number.NEGATIVE_INFINITY)
  return {
    metrics,
    ...(Number.isFinite(newest) ? { newest } : {}),
    alerts: alerts.toReversed(),
    trends: new Map(
      strangest.flatMap((name) => (history.has(name) ? [[name, history.get(name).get('metric')]] : [])),
    ),
  }
}

function describeMetric(
  summary: MetricSummary,
  facts: {
    readonly score: number | undefined
    readonly alerts: number
    readonly needed: number
    readonly staleBefore: number
  },
): MetricOverview {
  const points = summary.counts.get('metric') ?? 0
  const learning = facts.score === undefined && points < facts.needed
  return {
    name: summary.name,
    newest: summary.newest,
    points,
    alerts: facts.alerts,
    stale: summary.newest < facts.staleBefore,
    ...(facts.score === undefined ? {} : { score: facts.score }),
    ...(learning ? { learning: { points, needed: facts.needed } } : {}),
  }
}

/** Living metrics before stale ones, then more alerts, then the higher newest score, then by name. */
function byStrangeness(a: MetricOverview, b: MetricOverview): number {
  return (
    Number(a.stale) - Number(b.stale) ||
    b.alerts - a.alerts ||
    (b.score ?? -1) - (a.score ?? -1) ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  )
}
