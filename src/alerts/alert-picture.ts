import { drawSeries } from '../charts/alert-chart.ts'
import { toPng } from '../charts/rasterize.ts'
import type { ChartMark } from '../charts/series-chart.ts'
import { shownThreshold } from '../config/policy-settings.ts'
import type { Batch } from '../config/project.ts'
import { messageOf } from '../core/errors.ts'
import { ofMetric } from '../core/metric-name.ts'
import type { MetricType } from '../core/metric-row.ts'
import { formatTimestamp } from '../core/timestamp.ts'
import type { Database, Points } from '../databases/database.ts'
import { readScoreNote } from '../models/score-note.ts'
import { type Alert, type AlertKind, ROW_TYPE_OF } from './alert.ts'
import { smoothedScore } from './decide-anomalies.ts'

export interface AlertPictureRequest {
  readonly alert: Alert
  readonly batch: Batch | undefined
  readonly database: (batch: Batch) => Database
  readonly signal: AbortSignal
}

/** What of an alert's history goes into its message. */
export interface AlertPicture {
  readonly png: Uint8Array | undefined
  /** Newest values up to the alert's. */
  readonly recent?: readonly number[]
  /** Why there is no picture. */
  readonly remark?: string
}

const RECENT = 60

/** The picture of an alert as a PNG, with what led to it and what followed it. Errors: those of the database. */
export async function alertPng(
  request: AlertPictureRequest & { readonly batch: Batch },
): Promise<Uint8Array> {
  const { alert, batch, database, signal } = request
  return toPng(drawAlertSeries(alert, batch, await load(alert, batch, database(batch), signal)))
}

/** The picture for a message; an alert is never held back because it could not be drawn: the remark then says why. */
export async function drawAlert({
  alert,
  batch,
  database,
  signal,
}: AlertPictureRequest): Promise<AlertPicture> {
  if (batch === undefined)
    return { png: undefined, remark: 'The batch is not in the project any more, so there is no picture.' }
  try {
    const points = await load(alert, batch, database(batch), signal)
    return { png: await toPng(drawAlertSeries(alert, batch, points)), recent: recentValues(alert, points) }
  } catch (error) {
    if (signal.aborted) throw error
    return { png: undefined, remark: `The picture could not be drawn: ${messageOf(error)}` }
  }
}

const MARKS = Object.entries(ROW_TYPE_OF) as [AlertKind, MetricType][]

/** What followed the alert by now is shown too, up to this part of what led to it. */
const SHARE_AFTER = 0.25

async function load(
  alert: Alert,
  batch: Batch,
  database: Database,
  signal: AbortSignal,
): Promise<ReadonlyMap<MetricType, Points>> {
  const table = database.metricsTable(batch.settings.table_key)
  const of = { batch: batch.name, metrics: [alert.metric] }
  const before = await table.history(
    { ...of, types: ['metric'], until: alert.timestamp, maxPoints: batch.settings.alert_max_n },
    { signal },
  )
  const since = before.get(alert.metric)?.get('metric')?.timestamps[0] ?? alert.timestamp
  const history = await table.history(
    {
      ...of,
      types: ['metric', 'score', ...MARKS.map(([, type]) => type)],
      since,
      until: alert.timestamp + (alert.timestamp - since) * SHARE_AFTER,
      metadataOf: ['score'],
    },
    { signal },
  )
  return history.get(alert.metric) ?? new Map()
}

/** The SVG of an alert: value with its expected range, score with the threshold, and every alert of the window. */
function drawAlertSeries(alert: Alert, batch: Batch, points: ReadonlyMap<MetricType, Points>): string {
  const { settings } = batch
  const values = points.get('metric') ?? {
    timestamps: Float64Array.of(alert.timestamp),
    values: Float64Array.of(alert.value),
  }
  const scores = points.get('score')
  const scoreAt = new Map(Array.from(scores?.timestamps ?? [], (timestamp, index) => [timestamp, index]))
  const fromScore = <Result>(read: (index: number) => Result) =>
    Array.from(values.timestamps, (timestamp) => {
      const index = scoreAt.get(timestamp)
      return index === undefined ? null : read(index)
    })
  const notes = fromScore((index) => readScoreNote(scores?.metadata?.[index]))
  const marks: ChartMark[] = MARKS.flatMap(([kind, type]) =>
    Array.from(points.get(type)?.timestamps ?? [], (timestamp) => ({ timestamp, kind })),
  )
  if (!marks.some((mark) => mark.kind === alert.kind && mark.timestamp === alert.timestamp))
    marks.push({ kind: alert.kind, timestamp: alert.timestamp })
  const { upper, lower } = ofMetric(settings.tholdalert_thresholds, alert.metric) ?? {}
  return drawSeries({
    title: alert.metric,
    subtitle: `${alert.batch} · ${formatTimestamp(alert.timestamp)}`,
    timestamps: values.timestamps,
    values: values.values,
    expected: notes.map((note) => note?.expected ?? null),
    lower: notes.map((note) => note?.lower ?? null),
    upper: notes.map((note) => note?.upper ?? null),
    ...(scores === undefined
      ? {}
      : {
          scores: fromScore((index) => scores.values[index]!),
          smoothedScores: fromScore((index) => smoothedScore(scores.values, index, settings.alert_smooth_n)),
          scoreThreshold: comparedWith(alert, settings),
        }),
    thresholds: { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) },
    marks,
    highlight: alert.timestamp,
    timeZone: settings.time_zone,
  })
}

/** What the alert's score was compared with. */
function comparedWith({ details }: Alert, settings: Batch['settings']): number {
  return typeof details.threshold === 'number' ? details.threshold : shownThreshold(settings)
}

function recentValues(alert: Alert, points: ReadonlyMap<MetricType, Points>): readonly number[] {
  const series = points.get('metric')
  if (series === undefined) return []
  const end = series.timestamps.filter((timestamp) => timestamp <= alert.timestamp).length
  return Array.from(series.values.subarray(Math.max(0, end - RECENT), end))
}
