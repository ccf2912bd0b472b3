import { type Alert, type Finding, ROW_TYPE_OF } from '../alerts/alert.ts'
import type { Json } from '../core/json.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { JobContext } from './job.ts'
import { keptSince } from './kept-since.ts'

/**
 * Raises findings: the control database records the alerts that are new with one pending delivery per channel, in one transaction, and
 * then their rows go into the metrics table. A crash between the two is made good by `reconcile` at the next run; neither write can
 * happen twice. Returns how many alerts were new.
 */
export async function raiseFindings(
  context: JobContext,
  findings: readonly Finding[],
  methods: string,
): Promise<number> {
  if (findings.length === 0) return 0
  const alerts = await context.alerts.raise(findings, {
    now: context.clock.now(),
    channels: context.channels(methods),
  })
  await context.table.upsert(alerts.map(alertRow), { signal: context.signal })
  for (const alert of alerts)
    context.logger.log('info', 'alert raised', {
      metric: alert.metric,
      kind: alert.kind,
      timestamp: new Date(alert.timestamp).toISOString(),
    })
  return alerts.length
}

/** Writes the rows of recorded alerts that are not among those of the metrics table: a run was killed between the two writes. */
export async function reconcile(
  context: JobContext,
  recorded: readonly Alert[],
  present: (alert: Alert) => boolean,
): Promise<void> {
  const { settings } = context.batch
  // What was deleted because of its age does not come back.
  const since = settings.disable_delete ? Number.NEGATIVE_INFINITY : keptSince(settings, context.clock.now())
  const absent = recorded.filter((alert) => alert.timestamp >= since && !present(alert))
  if (absent.length > 0) await context.table.upsert(absent.map(alertRow), { signal: context.signal })
}

/** The row of an alert in the metrics table: value 1, and why as metadata. */
export function alertRow(alert: Finding): MetricRow {
  const metadata: { [key: string]: Json } = { reason: alert.reason }
  if (alert.kind === 'threshold')
    Object.assign(metadata, {
      thresholds: alert.details.thresholds,
      breached_threshold_type: alert.details.threshold_type,
      breached_threshold_value: alert.details.threshold_value,
      metric_value_at_breach: alert.value,
    })
  return {
    timestamp: alert.timestamp,
    batch: alert.batch,
    name: alert.metric,
    type: ROW_TYPE_OF[alert.kind],
    value: 1,
    metadata: JSON.stringify(metadata),
  }
}
