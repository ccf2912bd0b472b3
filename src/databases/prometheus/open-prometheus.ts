import { z } from 'zod'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { Database, QueryOptions, SqlRow } from '../database.ts'
import { interruptible } from '../interruption.ts'
import { noMetricsTable } from '../read-only.ts'
import { type PromqlQuery, promqlQueries } from './promql-queries.ts'

export interface PrometheusOptions {
  readonly url: string
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly range: string
  readonly step: string
}

/** A server answers with at most 11,000 points of a series. */
const MOST_POINTS = 10_000

const seriesSchema = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.number(), z.string()])),
})
const answerSchema = z.union([
  z.object({
    status: z.literal('success'),
    data: z.union([
      z.object({ resultType: z.literal('matrix'), result: z.array(seriesSchema) }),
      z.object({ resultType: z.string() }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string() }),
])

/**
 * A source that answers PromQL. Of each point of a series there is a row of metric_timestamp, metric_name and metric_value, and a column for each label. Ranges
 * end at a multiple of the step, so that the same points come again and again; NaN is no value.
 */
export function openPrometheus(options: PrometheusOptions): Database {
  const closing = new AbortController()

  async function query(text: string, { signal, timeoutMs }: QueryOptions = {}): Promise<readonly SqlRow[]> {
    if (closing.signal.aborted) throw closing.signal.reason
    const queries = promqlQueries(text, options)
    const stop = new AbortController()
    const given = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    return interruptible(
      { signal: given, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      async (patience) => {
        patience.ended.catch(() => stop.abort())
        const rows: SqlRow[] = []
        for (const one of queries) for (const row of await rangeOf(one, stop.signal)) rows.push(row)
        return rows
      },
    )
  }

  async function rangeOf(query: PromqlQuery, signal: AbortSignal): Promise<readonly SqlRow[]> {
    const { stepMs, rangeMs } = query
    const end = Math.floor((query.end ?? Date.now()) / stepMs) * stepMs
    const rows: SqlRow[] = []
    for (let from = end - rangeMs; from <= end; from += MOST_POINTS * stepMs) {
      const until = Math.min(end, from + (MOST_POINTS - 1) * stepMs)
      rows.push(...rowsOf(query, await ask(query, { from, until, signal })))
    }
    return rows
  }

  async function ask(
    { expression, stepMs }: PromqlQuery,
    { from, until, signal }: { readonly from: number; readonly until: number; readonly signal: AbortSignal },
  ): Promise<readonly z.output<typeof seriesSchema>[]> {
    const body = new URLSearchParams({
      query: expression,
      start: String(from / 1000),
      end: String(until / 1000),
      step: String(stepMs / 1000),
    })
    const response = await fetch(`${options.url.replace(/\/+$/, '')}/api/v1/query_range`, {
      method: 'POST',
      body,
      signal,
      headers: headersOf(options),
    }).catch((error: unknown) => {
      throw new AnomstackError('CONNECTION_FAILED', `Prometheus cannot be reached: ${reasonOf(error)}`, {
        cause: error,
      })
    })
    return seriesOf(response, expression)
  }

  return {
    query,
    metricsTable: noMetricsTable('Prometheus'),
    async close() {
      closing.abort(
        new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false }),
      )
    },
  }
}

function headersOf({ user, password, token, headers }: PrometheusOptions): Record<string, string> {
  const basic = Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')
  return {
    ...headers,
    ...(user === undefined ? {} : { authorization: `Basic ${basic}` }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
}

async function seriesOf(
  response: Response,
  expression: string,
): Promise<readonly z.output<typeof seriesSchema>[]> {
  const { status } = response
  if (status === 401 || status === 403)
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `Prometheus refuses the log-in with status ${status}: check user and password, or token`,
      { retryable: false },
    )
  const text = await response.text()
  const answer = answerSchema.safeParse(parsed(text))
  if (!answer.success)
    throw new AnomstackError(
      status < 500 ? 'QUERY_FAILED' : 'CONNECTION_FAILED',
      `what answers is no Prometheus server (status ${status}): ${text.slice(0, 200)}`,
    )
  if (answer.data.status === 'error')
    throw new AnomstackError('QUERY_FAILED', `Prometheus: ${answer.data.error} (in ${expression})`, {
      retryable: status >= 500,
    })
  const { data } = answer.data
  if ('result' in data) return data.result
  throw new AnomstackError('QUERY_FAILED', `Prometheus answers with a ${data.resultType} to ${expression}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? messageOf(error) : messageOf(cause)
}

function rowsOf(
  { name, expression }: PromqlQuery,
  series: readonly z.output<typeof seriesSchema>[],
): readonly SqlRow[] {
  const labels = new Set(series.flatMap(({ metric }) => Object.keys(metric)))
  labels.delete('__name__')
  return series.flatMap(({ metric, values }) => {
    const columns = Object.fromEntries([...labels].map((label) => [label, metric[label] ?? null]))
    return values.map(([seconds, text]) => ({
      ...columns,
      metric_timestamp: new Date(Math.round(seconds * 1000)),
      metric_name: name ?? metric.__name__ ?? expression,
      metric_value: numberOf(text),
    }))
  })
}

function numberOf(text: string): number | null {
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
