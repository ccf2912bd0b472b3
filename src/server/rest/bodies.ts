import type { Alert, Delivery } from '../../alerts/alert.ts'
import type { Json } from '../../core/json.ts'
import type { LogRecord, Run, RunError, Step } from '../../runs/run.ts'
import { redactJson } from '../redaction.ts'
import type { AlertMark, MetricSeries } from '../views/metric-series.ts'

type Redact = (text: string) => string

/** A page of a list; `next` is the cursor for `before`, null at the end. */
export interface PageBody<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

export type RunErrorBody = Pick<RunError, 'code' | 'message'>
export type RunBody = Omit<Run, 'error'> & { readonly error?: RunErrorBody }
export type LogBody = Omit<LogRecord, 'runId'> & { readonly id: number }
export interface RunDetailBody extends Omit<RunBody, 'error'> {
  /** With its stack. */
  readonly error?: RunError
  /** By attempt, then in the order they were started; errors with their stacks. */
  readonly steps: readonly Step[]
  /** The newest, oldest first. */
  readonly logs: readonly LogBody[]
  /** Where older records of the log go on; null when there are none. */
  readonly logsBefore: number | null
  /** Runs that do a part of this one's work, newest first, up to 1,000. */
  readonly children: readonly RunBody[]
}

export type AlertBody = Alert
export interface AlertDetailBody extends AlertBody {
  readonly deliveries: readonly Delivery[]
  readonly tags: { readonly [tag: string]: string | number | boolean }
}

export interface SeriesBody {
  readonly batch: string
  readonly metric: string
  /** How many points the window has; more than the arrays are long when it was downsampled. */
  readonly points: number
  /** UTC epoch ms, ascending; the other arrays run parallel, null where there is nothing. */
  readonly timestamps: readonly number[]
  readonly values: NumberColumn
  readonly scores: NumberColumn
  readonly smoothed: NumberColumn
  readonly expected: NumberColumn
  readonly lower: NumberColumn
  readonly upper: NumberColumn
  readonly alerts: readonly AlertMark[]
}

type NumberColumn = readonly (number | null)[]

/** Cuts the one item too many that was read to know whether there is a next page. */
export function pageBody<Record extends { readonly id: string }, Body>(
  records: readonly Record[],
  limit: number,
  toBody: (record: Record) => Body,
): PageBody<Body> {
  const shown = records.slice(0, limit)
  return { items: shown.map(toBody), next: records.length > limit ? shown.at(-1)!.id : null }
}

/** A run as clients see it: no stack, no secret. */
export function runBody(run: Run, redact: Redact): RunBody {
  const { error, params, ...rest } = run
  return {
    ...rest,
    ...(params === undefined
      ? {}
      : { params: redactJson(params, redact) as { readonly [key: string]: Json } }),
    ...(error === undefined ? {} : { error: errorBody(error, redact) }),
  }
}

/** A run with its steps, logs and children. */
export function runDetailBody(
  run: Run,
  parts: {
    readonly steps: readonly Step[]
    readonly logs: readonly LogBody[]
    readonly children: readonly Run[]
  },
  redact: Redact,
): Omit<RunDetailBody, 'logsBefore'> {
  return {
    ...runBody(run, redact),
    ...(run.error === undefined ? {} : { error: wholeError(run.error, redact) }),
    steps: parts.steps.map(({ error, result, ...step }) => ({
      ...step,
      ...(result === undefined ? {} : { result: redactJson(result, redact) }),
      ...(error === undefined ? {} : { error: wholeError(error, redact) }),
    })),
    logs: parts.logs,
    children: parts.children.map((child) => runBody(child, redact)),
  }
}

/** A record of a run's log without secrets. */
export function logBody({ id, at, level, message, fields }: LogBody, redact: Redact): LogBody {
  return {
    id,
    at,
    level,
    message: redact(message),
    fields: redactJson(fields, redact) as { readonly [key: string]: Json },
  }
}

/** A delivery whose problem names no secret. */
export function deliveryBody(delivery: Delivery, redact: Redact): Delivery {
  return delivery.problem === undefined ? delivery : { ...delivery, problem: redact(delivery.problem) }
}

/** Columns as JSON arrays. */
export function seriesBody(batch: string, series: MetricSeries, points: number): SeriesBody {
  return {
    batch,
    metric: series.metric,
    points,
    timestamps: Array.from(series.timestamps),
    values: column(series.values),
    scores: column(series.scores),
    smoothed: column(series.smoothed),
    expected: column(series.expected),
    lower: column(series.lower),
    upper: column(series.upper),
    alerts: series.alerts,
  }
}

const errorBody = ({ code, message }: RunError, redact: Redact): RunErrorBody => ({
  code,
  message: redact(message),
})

const wholeError = (error: RunError, redact: Redact): RunError => ({
  ...errorBody(error, redact),
  ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
})

const column = (values: Float64Array): NumberColumn =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null))
