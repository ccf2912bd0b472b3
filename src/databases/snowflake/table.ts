import { randomUUID } from 'node:crypto'
import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, MetricSummary } from '../database.ts'
import type { Statement } from '../tables/dialect.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import {
  COLUMN_LIST,
  deleteBeforeStatement,
  historyStatement,
  mergeStatement,
  namesStatement,
  sameKey,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import type { SnowflakeResult, SnowflakeSession } from './driver.ts'
import { documentsOf, rowsSource } from './rows.ts'
import { GATHERED, type SnowflakeShape, TABLE } from './shape.ts'

/** A metrics table in a session. */
export interface SnowflakeTable {
  readonly session: SnowflakeSession
  readonly shape: SnowflakeShape
  readonly limitSeconds?: number
}

async function run(
  { session, shape, limitSeconds }: SnowflakeTable,
  { text, values }: Statement,
  gathered?: string,
): Promise<SnowflakeResult> {
  const [result] = await session.execute(shape.spell(text, gathered), {
    values,
    ...(limitSeconds === undefined ? {} : { limitSeconds }),
  })
  return result ?? { columns: [], rows: [] }
}

/** How many rows a statement says that it has changed. */
function changed({ rows }: SnowflakeResult): number {
  return Number(rows[0]?.[0] ?? 0)
}

/** Inserts or updates all rows, or none: what fits into one document is one statement, more is gathered in a temporary table first. */
export async function upsertRows(table: SnowflakeTable, series: readonly SeriesRows[]): Promise<void> {
  await fromRows(table, series, (source, values) => ({
    text: mergeStatement(TABLE, source, sameKey('t', 's', table.shape.time)),
    values,
  }))
}

/** Returns how many rows there were. */
export async function deleteRows(table: SnowflakeTable, series: readonly SeriesRows[]): Promise<number> {
  const result = await fromRows(table, series, (source, values) => ({
    text: `DELETE FROM ${TABLE} AS t USING ${source} AS s WHERE ${sameKey('t', 's', table.shape.time)}`,
    values,
  }))
  return changed(result)
}

async function fromRows(
  table: SnowflakeTable,
  series: readonly SeriesRows[],
  write: (source: string, values: readonly string[]) => Statement,
): Promise<SnowflakeResult> {
  const documents = documentsOf(series)
  const first = documents.next().value as string
  let document = documents.next()
  if (document.done === true) return run(table, write(rowsSource(table.shape), [first]))
  // Of this session, and gone with it.
  const gathered = `ANOMSTACK_${randomUUID().replaceAll('-', '_').toUpperCase()}`
  const rows = `SELECT ${COLUMN_LIST} FROM ${rowsSource(table.shape)} AS s`
  await run(table, { text: `CREATE TEMPORARY TABLE ${GATHERED} AS ${rows}`, values: [first] }, gathered)
  for (; document.done !== true; document = documents.next())
    await run(
      table,
      { text: `INSERT INTO ${GATHERED} (${COLUMN_LIST}) ${rows}`, values: [document.value] },
      gathered,
    )
  const result = await run(table, write(GATHERED, []), gathered)
  await run(table, { text: `DROP TABLE ${GATHERED}`, values: [] }, gathered)
  return result
}

/** Returns how many rows there were. */
export async function deleteBefore(
  table: SnowflakeTable,
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  return changed(await run(table, deleteBeforeStatement(table.shape.dialect, TABLE, query)))
}

/** Per batch and metric since a time. */
export async function summarize(
  table: SnowflakeTable,
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { rows } = await run(table, summaryStatement(table.shape.dialect, TABLE, query))
  return summariesOf(
    rows.map(([batch, name, type, amount, newest]) => ({
      batch: String(batch),
      name: String(name),
      type: type as MetricType,
      amount: Number(amount),
      newest: Number(newest),
    })),
  )
}

/** Names of a batch's metrics, in no order. */
export async function readNames(table: SnowflakeTable, batch: string): Promise<readonly string[]> {
  const { rows } = await run(table, namesStatement(table.shape.dialect, TABLE, batch))
  return rows.map(([name]) => String(name))
}

interface Piece {
  readonly times: readonly number[]
  readonly readings: readonly string[]
  readonly notes: readonly string[] | undefined
}

/** One row per piece of a series, its points as documents. */
export async function readHistory(table: SnowflakeTable, query: HistoryQuery): Promise<History> {
  const { rows } = await run(table, historyStatement(table.shape.dialect, TABLE, query, { duplicates: true }))
  const wanted = query.metadataOf ?? []
  const series = new Map<string, { name: string; type: MetricType; pieces: Piece[] }>()
  for (const [name, type, times, readings, notes] of rows as [
    string,
    MetricType,
    string,
    string,
    string?,
  ][]) {
    const key = JSON.stringify([name, type])
    const found = series.get(key) ?? { name, type, pieces: [] }
    found.pieces.push({
      times: JSON.parse(times) as number[],
      readings: JSON.parse(readings) as string[],
      notes: wanted.includes(type) ? (JSON.parse(notes!) as string[]) : undefined,
    })
    series.set(key, found)
  }
  return historyOf([...series.values()].map(joined))
}

function joined({ name, type, pieces }: { name: string; type: MetricType; pieces: Piece[] }): SeriesPoints {
  pieces.sort((a, b) => a.times[0]! - b.times[0]!)
  const count = pieces.reduce((sum, { times }) => sum + times.length, 0)
  const timestamps = new Float64Array(count)
  const values = new Float64Array(count)
  let at = 0
  for (const { times, readings } of pieces) {
    timestamps.set(times, at)
    for (const reading of readings) values[at++] = Number(reading)
  }
  const metadata = pieces[0]?.notes === undefined ? undefined : pieces.flatMap(({ notes }) => notes ?? [])
  return {
    name,
    type,
    points: metadata === undefined ? { timestamps, values } : { timestamps, values, metadata },
  }
}
