import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, MetricSummary } from '../database.ts'
import type { Statement } from '../tables/dialect.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import {
  historyStatement,
  namesStatement,
  type SummaryRow,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { quotedTable, type TableAddress } from './address.ts'
import { runJob } from './jobs.ts'
import { resultPages } from './results.ts'
import type { BigquerySession } from './session.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Texts of the rows of one of our own statements. */
async function* textRows(
  { client, patience, configuration }: BigquerySession,
  shape: Shape,
  { text, values }: Statement,
): AsyncGenerator<readonly (string | null)[]> {
  const job = await runJob(client, configuration(text, values), {
    patience,
    changes: false,
    location: shape.location,
  })
  for await (const { rows } of resultPages(client, job)) {
    patience.check()
    for (const { f } of rows) yield f.map(({ v }) => v as string | null)
  }
}

/** One row per series, its points as texts of JSON. Nothing keeps a table of BigQuery free of duplicates, so they are averaged. */
export async function readHistory(
  session: BigquerySession,
  address: TableAddress,
  query: HistoryQuery,
): Promise<History> {
  const shape = await shapeOf(session.client, address)
  const wanted = query.metadataOf ?? []
  const found = historyStatement(shape.dialect, quotedTable(address), query, { duplicates: true })
  const series: SeriesPoints[] = []
  for await (const [name, type, times, readings, notes] of textRows(session, shape, found))
    series.push({
      name: name!,
      type: type as MetricType,
      points: {
        timestamps: new Float64Array(JSON.parse(times!) as number[]),
        values: new Float64Array(JSON.parse(readings!) as number[]),
        ...(wanted.includes(type as MetricType)
          ? { metadata: (JSON.parse(notes!) as (string | null)[]).map((note) => note ?? '') }
          : {}),
      },
    })
  return historyOf(series)
}

/** Per batch and metric since a time. */
export async function summarize(
  session: BigquerySession,
  address: TableAddress,
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const shape = await shapeOf(session.client, address)
  const found = summaryStatement(shape.dialect, quotedTable(address), query)
  const rows: SummaryRow[] = []
  for await (const [batch, name, type, amount, newest] of textRows(session, shape, found))
    rows.push({
      batch: batch!,
      name: name!,
      type: type as MetricType,
      amount: Number(amount),
      newest: Number(newest),
    })
  return summariesOf(rows)
}

/** Names of a batch's metrics. */
export async function readNames(
  session: BigquerySession,
  address: TableAddress,
  batch: string,
): Promise<readonly string[]> {
  const shape = await shapeOf(session.client, address)
  const names: string[] = []
  for await (const [name] of textRows(
    session,
    shape,
    namesStatement(shape.dialect, quotedTable(address), batch),
  ))
    names.push(name!)
  return names
}
