/** What a row of the metrics table says: a value, a score of it, an event, or feedback. */
export const METRIC_TYPES = [
  'metric',
  'score',
  'alert',
  'llmalert',
  'tholdalert',
  'missingalert',
  'change',
  'thumbsup',
  'thumbsdown',
] as const

export type MetricType = (typeof METRIC_TYPES)[number]

/** One row of the long metrics table. The key (batch, name, type, timestamp) is unique: writing twice is an update. */
export interface MetricRow {
  /** UTC epoch milliseconds. */
  readonly timestamp: number
  readonly batch: string
  readonly name: string
  readonly type: MetricType
  /** The metric's value, a score in 0..1, or 1 for an event. Always finite. */
  readonly value: number
  /** Empty, or a JSON object as text. */
  readonly metadata: string
}
