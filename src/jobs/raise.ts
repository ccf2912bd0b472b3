import { type Alert, type AlertKind, type Finding, ROW_TYPE_OF } from '../alerts/alert.ts'
import { calendarAt } from '../config/calendar-effects.ts'
import type { Json } from '../core/json.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { History } from '../databases/database.ts'
import type { JobContext } from './job.ts'
import { keptSince } from './kept-since.ts'

/**
 * Raises findings: the control database records the alerts that are new with one pending delivery per channel, in one transaction, and
 * then their rows go into the metrics table. A crash between the two is made good by `reconcile` at the next run; neither write can
 * happen twice. What a calendar mutes is not raised. Returns how many alerts were new.
 */
export async function raiseFindings(
  context: JobContext,
  findings: readonly Finding[],
  methods: string,
): Promise<number> {
  const loud = unmuted(context, findings)
  if (loud.length === 0) return 0
  const alerts = await context.alerts.raise(loud, {
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

/** Without those of times that a calendar of the batch mutes. */
function unmuted({ batch, logger }: JobContext, findings: readonly Finding[]): readonly Finding[] {
  const mutedBy = calendarAt(batch, 'mute')
  if (mutedBy === undefined) return findings
  return findings.filter(({ metric, kind, timestamp }) => {
    const calendar = mutedBy(timestamp)
    if (calendar === undefined) return true
    logger.log('info', `alert held back: metric "${metric}": the calendar "${calendar}" mutes it`, {
      metric,
      kind,
      timestamp: new Date(timestamp).toISOString(),
    })
    return false
  })
}

/** Writes the rows of recorded alerts that the metrics table lacks: a run was killed between the two writes. */
export async function reconcile(
  context: JobContext,
  recorded: readonly Alert[],
  history: History,
): Promise<void> {
  const { settings } = context.batch
  // What was deleted because of its age does not come back.
  const since = settings.disable_delete ? Number.NEGATIVE_INFINITY : keptSince(settings, context.clock.now())
  const absent = recorded.filter((alert) => {
    if (alert.timestamp < since) return false
    const rows = history.get(alert.metric)?.get(ROW_TYPE_OF[alert.kind])
    return rows === undefined || !rows.timestamps.includes(alert.timestamp)
  })
  if (absent.length > 0) await context.table.upsert(absent.map(alertRow), { signal: context.signal })
}

/** Timestamps at which alerts of a metric stand, by the metrics table or by the record. */
export function raisedOf(
  metric: string,
  kind: AlertKind,
  { history, recorded }: { readonly history: History; readonly recorded: readonly Alert[] },
): ReadonlySet<number> {
  const rows = history.get(metric)?.get(ROW_TYPE_OF[kind])?.timestamps ?? []
  const alerts = recorded.filter((alert) => alert.metric === metric && alert.kind === kind)
  return new Set([...rows, ...alerts.map(({ timestamp }) => timestamp)])
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
