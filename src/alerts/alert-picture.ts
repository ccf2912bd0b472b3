import { drawSeries } from '../charts/alert-chart.ts'
import { toPng } from '../charts/rasterize.ts'
import type { ChartMark } from '../charts/series-chart.ts'
import type { Batch } from '../config/project.ts'
import { messageOf } from '../core/errors.ts'
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

/** The picture of an alert; an alert is never held back because it could not be drawn: the remark then says why. */
export async function drawAlert(
  request: AlertPictureRequest,
): Promise<{ readonly png: Uint8Array | undefined; readonly remark?: string }> {
  const { alert, batch, signal } = request
  if (batch === undefined)
    return { png: undefined, remark: 'The batch is not in the project any more, so there is no picture.' }
  try {
    const points = await load(alert, batch, request.database(batch), signal)
    return { png: await toPng(drawAlertSeries(alert, batch, points), { scale: 2 }) }
  } catch (error) {
    if (signal.aborted) throw error
    return { png: undefined, remark: `The picture could not be drawn: ${messageOf(error)}` }
  }
}

const MARKS = Object.entries(ROW_TYPE_OF) as [AlertKind, MetricType][]

async function load(
  alert: Alert,
  batch: Batch,
  database: Database,
  signal: AbortSignal,
): Promise<ReadonlyMap<MetricType, Points>> {
  const history = await database.metricsTable(batch.settings.table_key).history(
    {
      batch: batch.name,
      metrics: [alert.metric],
      types: ['metric', 'score', ...MARKS.map(([, type]) => type)],
      maxPoints: batch.settings.alert_max_n,
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
  const { upper, lower } = settings.tholdalert_thresholds[alert.metric] ?? {}
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
          scoreThreshold: settings.alert_threshold,
        }),
    thresholds: { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) },
    marks,
    highlight: alert.timestamp,
    width: 1200,
    height: 600,
    timeZone: settings.time_zone,
  })
}
