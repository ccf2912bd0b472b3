import { type Alert, type AlertKind, ROW_TYPE_OF } from '../../alerts/alert.ts'
import { smoothedScore } from '../../alerts/decide-anomalies.ts'
import type { MetricType } from '../../core/metric-row.ts'
import type { Points } from '../../databases/database.ts'
import { readScoreNote } from '../../models/score-note.ts'

/** One metric over a window, as columns of equal length on one ascending time axis (UTC epoch ms); NaN where there is nothing. */
export interface MetricSeries {
  readonly metric: string
  readonly timestamps: Float64Array
  readonly values: Float64Array
  /** 0..1. */
  readonly scores: Float64Array
  /** The mean of the newest scores, as alerts are judged by. */
  readonly smoothed: Float64Array
  readonly expected: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
  readonly alerts: readonly AlertMark[]
}

export interface AlertMark {
  readonly timestamp: number
  readonly kind: AlertKind
  /** Of the alert's record; null for a row that another program has written into the metrics table. */
  readonly id: string | null
}

export interface SeriesParts {
  readonly metric: string
  /** From one history query, score metadata included. */
  readonly rows: ReadonlyMap<MetricType, Points>
  /** Recorded alerts of this metric. */
  readonly alerts: readonly Alert[]
  /** Nothing before this time is shown, epoch ms. */
  readonly from: number
  /** Nothing after this time is shown, epoch ms. */
  readonly to: number
  /** How many scores are averaged for a decision. */
  readonly smoothN: number
}

const KIND_OF = new Map(Object.entries(ROW_TYPE_OF).map(([kind, type]) => [type, kind as AlertKind]))

/** The row types that a series is made from. */
export const SERIES_TYPES: readonly MetricType[] = ['metric', 'score', ...KIND_OF.keys()]

/** Lines up values, scores, expected ranges and alerts of a metric on one time axis. */
export function joinSeries(parts: SeriesParts): MetricSeries {
  const inside = (timestamp: number): boolean => timestamp >= parts.from && timestamp <= parts.to
  const alerts = joinAlerts(parts).filter((alert) => inside(alert.timestamp))
  const all = new Set<number>(alerts.map((alert) => alert.timestamp))
  for (const type of ['metric', 'score'] as const)
    for (const timestamp of parts.rows.get(type)?.timestamps ?? []) if (inside(timestamp)) all.add(timestamp)
  const timestamps = Float64Array.from(all).sort()
  const indexOf = new Map(Array.from(timestamps, (timestamp, index) => [timestamp, index]))
  const empty = (): Float64Array => new Float64Array(timestamps.length).fill(Number.NaN)
  const [values, scores, smoothed, expected, lower, upper] = [
    empty(),
    empty(),
    empty(),
    empty(),
    empty(),
    empty(),
  ]

  const metric = parts.rows.get('metric')
  metric?.timestamps.forEach((timestamp, row) => {
    const index = indexOf.get(timestamp)
    if (index !== undefined) values[index] = metric.values[row]!
  })
  const score = parts.rows.get('score')
  score?.timestamps.forEach((timestamp, row) => {
    const index = indexOf.get(timestamp)
    if (index === undefined) return
    scores[index] = score.values[row]!
    smoothed[index] = smoothedScore(score.values, row, parts.smoothN)
    const note = readScoreNote(score.metadata?.[row])
    expected[index] = numberOr(note?.expected)
    lower[index] = numberOr(note?.lower)
    upper[index] = numberOr(note?.upper)
  })
  return { metric: parts.metric, timestamps, values, scores, smoothed, expected, lower, upper, alerts }
}

/** The rows of a series at the given indices, alerts untouched. */
export function pickPoints(series: MetricSeries, indices: readonly number[]): MetricSeries {
  if (indices.length === series.timestamps.length) return series
  const pick = (column: Float64Array): Float64Array => Float64Array.from(indices, (index) => column[index]!)
  return {
    metric: series.metric,
    timestamps: pick(series.timestamps),
    values: pick(series.values),
    scores: pick(series.scores),
    smoothed: pick(series.smoothed),
    expected: pick(series.expected),
    lower: pick(series.lower),
    upper: pick(series.upper),
    alerts: series.alerts,
  }
}

function joinAlerts({ rows, alerts }: SeriesParts): AlertMark[] {
  const marks = new Map<string, AlertMark>()
  for (const [type, kind] of KIND_OF)
    for (const timestamp of rows.get(type)?.timestamps ?? [])
      marks.set(`${timestamp} ${kind}`, { timestamp, kind, id: null })
  for (const { timestamp, kind, id } of alerts) marks.set(`${timestamp} ${kind}`, { timestamp, kind, id })
  return [...marks.values()].sort((a, b) => a.timestamp - b.timestamp)
}

const numberOr = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)
