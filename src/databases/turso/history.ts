import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, MetricSummary, NamesQuery } from '../database.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import {
  historyStatement,
  namesStatement,
  type SummaryRow,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { isTooLarge } from './errors.ts'
import type { TursoCalls } from './session.ts'
import { requireTable, type TursoTable } from './table.ts'

/** One row per series, its points as texts. What the server finds too large for one answer is asked for in parts. */
export async function readHistory(calls: TursoCalls, table: string, query: HistoryQuery): Promise<History> {
  const found = await requireTable(calls, table, 'QUERY_FAILED')
  return historyOf(await readSeries(calls, found, query))
}

async function readSeries(
  calls: TursoCalls,
  table: TursoTable,
  query: HistoryQuery,
): Promise<readonly SeriesPoints[]> {
  try {
    return await readOnce(calls, table, query)
  } catch (error) {
    if (!isTooLarge(error)) throw error
    const names = query.metrics ?? (await namesOf(calls, table, query.batch))
    if (names.length < 2) throw error
    const half = Math.ceil(names.length / 2)
    const first = await readSeries(calls, table, { ...query, metrics: names.slice(0, half) })
    return [...first, ...(await readSeries(calls, table, { ...query, metrics: names.slice(half) }))]
  }
}

async function readOnce(
  calls: TursoCalls,
  { from, kind, dialect }: TursoTable,
  query: HistoryQuery,
): Promise<readonly SeriesPoints[]> {
  const wanted = query.metadataOf ?? []
  const { rows } = await calls.execute(historyStatement(dialect, from, query, { duplicates: kind !== 'own' }))
  return rows.map((row) => {
    const type = row[1] as MetricType
    const points = { timestamps: numbersOf(row[2] as string), values: numbersOf(row[3] as string) }
    return {
      name: row[0] as string,
      type,
      points: wanted.includes(type)
        ? { ...points, metadata: JSON.parse(row[4] as string) as string[] }
        : points,
    }
  })
}

function numbersOf(text: string): Float64Array {
  return Float64Array.from(text.split(','), Number)
}

async function namesOf(
  calls: TursoCalls,
  { from, kind, dialect }: TursoTable,
  batch: string,
): Promise<readonly string[]> {
  // Through the index, from name to name, without a look at the points between.
  const { rows } = await calls.execute(
    kind === 'bare'
      ? namesStatement(dialect, from, batch)
      : {
          text: `WITH RECURSIVE found (name) AS (
            SELECT min(metric_name) FROM ${from} WHERE metric_batch = ?1
            UNION ALL
            SELECT (SELECT min(metric_name) FROM ${from} WHERE metric_batch = ?1 AND metric_name > found.name)
            FROM found WHERE found.name IS NOT NULL
          ) SELECT name FROM found WHERE name IS NOT NULL`,
          values: [batch],
        },
  )
  return rows.map((row) => row[0] as string)
}

export async function readNames(
  calls: TursoCalls,
  table: string,
  { batch }: NamesQuery,
): Promise<readonly string[]> {
  return namesOf(calls, await requireTable(calls, table, 'QUERY_FAILED'), batch)
}

/** Per batch and metric since a time. */
export async function summarize(
  calls: TursoCalls,
  table: string,
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { from, dialect } = await requireTable(calls, table, 'QUERY_FAILED')
  const { rows } = await calls.execute(summaryStatement(dialect, from, query))
  return summariesOf(
    rows.map(
      (row): SummaryRow => ({
        batch: row[0] as string,
        name: row[1] as string,
        type: row[2] as MetricType,
        amount: Number(row[3]),
        newest: Number(row[4]),
      }),
    ),
  )
}
