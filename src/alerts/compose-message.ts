import type { Message } from '../channels/channel.ts'
import type { Batch } from '../config/project.ts'
import type { Json } from '../core/json.ts'
import { ofMetric } from '../core/metric-name.ts'
import { formatTimestamp } from '../core/timestamp.ts'
import type { Alert, AlertKind } from './alert.ts'

export interface MessageParts {
  readonly alert: Alert
  /** Of the alert's batch; absent when the batch has left the project meanwhile. */
  readonly batch: Batch | undefined
  /** Unique per alert and channel. */
  readonly deliveryId: string
  /** Base address of the dashboard. */
  readonly publicUrl: string
  readonly png: Uint8Array | undefined
  /** Newest values up to the alert's, for channels that show text. */
  readonly recent?: readonly number[]
  /** Said below the reason, such as why there is no picture. */
  readonly remark?: string
}

/** The message of an alert, the same for every channel. */
export function composeMessage(parts: MessageParts): Message {
  const { alert, png } = parts
  const link = `${parts.publicUrl.replace(/\/+$/, '')}/alerts/${encodeURIComponent(alert.id)}`
  return {
    id: parts.deliveryId,
    kind: alert.kind,
    title: alertTitle(alert),
    text: parts.remark === undefined ? alert.reason : `${alert.reason}\n${parts.remark}`,
    tags: alertTags(alert, parts.batch),
    link,
    ...(png === undefined
      ? {}
      : { image: { filename: pictureName(alert.metric), png, alt: alertTitle(alert) } }),
    ...(parts.recent === undefined ? {} : { recent: parts.recent }),
    details: {
      id: alert.id,
      kind: alert.kind,
      batch: alert.batch,
      metric: alert.metric,
      timestamp: new Date(alert.timestamp).toISOString(),
      value: alert.value,
      score: alert.score ?? null,
      reason: alert.reason,
      ...alert.details,
    },
    raisedAt: alert.raisedAt,
  }
}

/** One line; names the metric and the time of the point that the alert is about. */
export function alertTitle(alert: Pick<Alert, 'kind' | 'metric' | 'timestamp' | 'details'>): string {
  const at = formatTimestamp(alert.timestamp)
  switch (alert.kind) {
    case 'anomaly':
      return `🔥 [${alert.metric}] looks anomalous (${at}) 🔥`
    case 'change':
      return `Δ [${alert.metric}] looks changed (${at}) Δ`
    case 'threshold':
      return `⚠️ [${alert.metric}] threshold ${textOf(alert.details.threshold_type)} bound breached (${at}) ⚠️`
    case 'llm':
      return `🤖 LLM says [${alert.metric}] looks anomalous (${at}) 🤖`
    case 'missing-data':
      return `⏳ [${alert.metric}] has no data (${at}) ⏳`
  }
}

const ALERT_TYPE: Readonly<Record<AlertKind, string>> = {
  anomaly: 'anomaly',
  change: 'change',
  threshold: 'threshold',
  llm: 'llm',
  'missing-data': 'missing-data',
}

/** Tags of an alert; the batch's own `metric_tags` win. */
function alertTags(alert: Alert, batch: Batch | undefined): Record<string, string> {
  const tags: Record<string, string> = {
    metric_batch: alert.batch,
    metric_name: alert.metric,
    metric_timestamp: formatTimestamp(alert.timestamp),
    alert_type: ALERT_TYPE[alert.kind],
  }
  if (alert.kind === 'threshold') {
    tags.threshold_type = textOf(alert.details.threshold_type)
    tags.threshold_value = textOf(alert.details.threshold_value)
    tags.metric_value = String(alert.value)
  }
  for (const [tag, value] of Object.entries(ownTags(batch, alert.metric))) tags[tag] = String(value)
  return tags
}

function ownTags(batch: Batch | undefined, metric: string): Readonly<Record<string, unknown>> {
  return ofMetric(batch?.settings.metric_tags ?? {}, metric) ?? {}
}

function textOf(detail: Json | undefined): string {
  return typeof detail === 'string' ? detail : JSON.stringify(detail ?? '')
}

/** A file name that every mail client and file system takes. */
function pictureName(metric: string): string {
  const safe = metric
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '')
    .slice(0, 80)
  return `${safe === '' ? 'metric' : safe}.png`
}
