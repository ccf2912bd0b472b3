import type { Json } from '../core/json.ts'
import type { MetricType } from '../core/metric-row.ts'

export const ALERT_KINDS = ['anomaly', 'threshold', 'change', 'llm', 'missing-data'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** The type that an alert's row has in the metrics table. */
export const ROW_TYPE_OF: Readonly<Record<AlertKind, MetricType>> = {
  anomaly: 'alert',
  threshold: 'tholdalert',
  change: 'change',
  llm: 'llmalert',
  'missing-data': 'missingalert',
}

/** What a decision found; raising it is unique per (batch, metric, kind, timestamp). */
export interface Finding {
  readonly batch: string
  readonly metric: string
  readonly kind: AlertKind
  /** The point that it is about, UTC epoch ms. */
  readonly timestamp: number
  readonly value: number
  /** 0..1, smoothed as it was judged; absent for kinds that are not scored. */
  readonly score?: number
  /** Why, in plain sentences. */
  readonly reason: string
  /** More for machines: thresholds, expected range, … */
  readonly details: { readonly [key: string]: Json }
}

/** A finding that was raised and recorded. */
export interface Alert extends Finding {
  readonly id: string
  readonly raisedAt: number
  /** Set when the value it judged was restated afterwards and no longer looks wrong. */
  readonly revisedAt?: number
  /** Since when the metric is as usual again, UTC epoch ms: its first point below the level. Set for alerts of kind anomaly once they are over. */
  readonly recoveredAt?: number
  /** Raised by a replay of history: never delivered. */
  readonly replayed: boolean
}

export type DeliveryStatus = 'pending' | 'delivered' | 'dead' | 'skipped'

/** An alert, or a notice, on its way through one channel. */
export interface Delivery {
  readonly id: string
  /** Id of the alert or notice. */
  readonly alertId: string
  readonly channel: string
  readonly status: DeliveryStatus
  readonly attempts: number
  /** Not before this time, UTC epoch ms. */
  readonly dueAt: number
  readonly deliveredAt?: number
  /** Of the last attempt that failed, or why it was skipped. */
  readonly problem?: string
}
