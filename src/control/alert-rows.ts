import type { Alert, Delivery, Finding } from '../alerts/alert.ts'
import type { AlertRow, DeliveryRow } from './schema.ts'

/** The row of a finding that is raised. */
export function alertRow(
  finding: Finding,
  raised: { readonly id: string; readonly at: number; readonly replayed: boolean },
): AlertRow {
  return {
    id: raised.id,
    batch: finding.batch,
    metric: finding.metric,
    kind: finding.kind,
    timestamp: finding.timestamp,
    value: Number.isNaN(finding.value) ? null : finding.value,
    score: finding.score ?? null,
    reason: finding.reason,
    details: JSON.stringify(finding.details),
    raised_at: raised.at,
    revised_at: null,
    recovered_at: null,
    replayed: raised.replayed ? 1 : 0,
  }
}

export function alertOf(row: AlertRow): Alert {
  return {
    id: row.id,
    batch: row.batch,
    metric: row.metric,
    kind: row.kind as Alert['kind'],
    timestamp: row.timestamp,
    value: row.value ?? Number.NaN,
    ...(row.score === null ? {} : { score: row.score }),
    reason: row.reason,
    details: JSON.parse(row.details) as Alert['details'],
    raisedAt: row.raised_at,
    ...(row.revised_at === null ? {} : { revisedAt: row.revised_at }),
    ...(row.recovered_at === null ? {} : { recoveredAt: row.recovered_at }),
    replayed: row.replayed === 1,
  }
}

/** The row of a delivery that is due at once. */
export function newDeliveryRow(
  id: string,
  alertId: string,
  to: { readonly channel: string; readonly at: number },
): DeliveryRow {
  return {
    id,
    alert_id: alertId,
    channel: to.channel,
    status: 'pending',
    attempts: 0,
    due_at: to.at,
    available_at: to.at,
    leased_by: null,
    delivered_at: null,
    problem: null,
  }
}

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    alertId: row.alert_id,
    channel: row.channel,
    status: row.status as Delivery['status'],
    attempts: row.attempts,
    dueAt: row.due_at,
    ...(row.delivered_at === null ? {} : { deliveredAt: row.delivered_at }),
    ...(row.problem === null ? {} : { problem: row.problem }),
  }
}
