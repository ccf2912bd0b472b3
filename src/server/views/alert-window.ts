import type { Alert } from '../../alerts/alert.ts'
import type { Batch } from '../../config/project.ts'
import type { ServerServices } from '../services.ts'
import { loadSeries } from './load-series.ts'
import type { MetricSeries } from './metric-series.ts'

const POINTS_BEFORE = 120
const SHARE_AFTER = 0.25

/** The metric around an alert: the points that led to it and, where there are any by now, some that followed. */
export async function loadAlertWindow(
  services: ServerServices,
  batch: Batch,
  alert: Alert,
): Promise<MetricSeries> {
  const table = services.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  const before = await table.history({
    batch: batch.name,
    types: ['metric'],
    metrics: [alert.metric],
    until: alert.timestamp,
    maxPoints: Math.min(batch.settings.alert_max_n, POINTS_BEFORE),
  })
  const from = before.get(alert.metric)?.get('metric')?.timestamps[0] ?? alert.timestamp
  const to = alert.timestamp + (alert.timestamp - from) * SHARE_AFTER
  const [series] = await loadSeries(services, batch, {
    metrics: [alert.metric],
    window: { kind: 'range', from, to },
  })
  return series!
}
