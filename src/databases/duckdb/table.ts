import { setImmediate } from 'node:timers/promises'
import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import type { MetricType } from '../../core/metric-row.ts'
import type { MetricSummary } from '../database.ts'
import type { Patience } from '../interruption.ts'
import { quoteTable } from '../tables/identifiers.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { deleteBeforeStatement, summariesOf, summaryStatement } from '../tables/metric-statements.ts'
import { duckdbDialect, STAMP } from './dialect.ts'

/** A DuckDB vector's size: what an appender takes at a time. */
const CHUNK_ROWS = 2048
/** Chunks appended before other work of the process gets its turn. */
const CHUNKS_AT_A_TIME = 32

const STAGED = `(SELECT batch, name, type, epoch_ms(ms::BIGINT) AS stamp, value, metadata
  FROM temp.anomstack_points JOIN temp.anomstack_series USING (series))`
const SAME_KEY = `t.metric_batch = s.batch AND t.metric_name = s.name AND t.metric_type = s.type AND t.${STAMP} = s.stamp`

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  connection: DuckDBConnection,
  parts: readonly string[],
  { series, patience }: { readonly series: readonly SeriesRows[]; readonly patience: Patience },
): Promise<void> {
  await stage(connection, series, patience)
  await connection.run(`MERGE INTO ${quoteTable(parts)} t USING ${STAGED} s ON ${SAME_KEY}
    WHEN MATCHED THEN UPDATE SET metric_value = s.value, metadata = s.metadata
    WHEN NOT MATCHED THEN INSERT (metric_timestamp, metric_batch, metric_name, metric_type, metric_value, metadata)
      VALUES (s.stamp, s.batch, s.name, s.type, s.value, s.metadata)`)
}

/** Returns how many rows there were. */
export async function deleteRows(
  connection: DuckDBConnection,
  parts: readonly string[],
  { series, patience }: { readonly series: readonly SeriesRows[]; readonly patience: Patience },
): Promise<number> {
  await stage(connection, series, patience)
  return (await connection.run(`DELETE FROM ${quoteTable(parts)} t USING ${STAGED} s WHERE ${SAME_KEY}`))
    .rowsChanged
}

/** Returns how many rows there were. */
export async function deleteBefore(
  connection: DuckDBConnection,
  parts: readonly string[],
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const { text, values } = deleteBeforeStatement(duckdbDialect, quoteTable(parts), query)
  return (await connection.run(text, values as DuckDBValue[])).rowsChanged
}

/** Per batch and metric since a time. */
export async function summarize(
  connection: DuckDBConnection,
  parts: readonly string[],
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { text, values } = summaryStatement(duckdbDialect, quoteTable(parts), query)
  const reader = await connection.runAndReadAll(text, values as DuckDBValue[])
  return summariesOf(
    reader.getRowsJS().map(([batch, name, type, amount, newest]) => ({
      batch: batch as string,
      name: name as string,
      type: type as MetricType,
      amount: Number(amount),
      newest: newest as number,
    })),
  )
}

/** Copies rows into temporary tables of the connection: series by number, and their points. */
async function stage(
  connection: DuckDBConnection,
  series: readonly SeriesRows[],
  patience: Patience,
): Promise<void> {
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE anomstack_series (series INTEGER, batch VARCHAR, name VARCHAR, type VARCHAR)',
  )
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE anomstack_points (series INTEGER, ms DOUBLE, value DOUBLE, metadata VARCHAR)',
  )
  const keys = await createWriter(connection, 'anomstack_series', [INTEGER, VARCHAR, VARCHAR, VARCHAR])
  const points = await createWriter(connection, 'anomstack_points', [INTEGER, DOUBLE, DOUBLE, VARCHAR])
  let chunks = 0
  for (const [id, { batch, name, type, timestamps, values, metadata }] of series.entries()) {
    keys.add([id, batch, name, type])
    for (let i = 0; i < timestamps.length; i++) {
      if (!points.add([id, timestamps[i]!, values[i]!, metadata?.[i] ?? ''])) continue
      chunks += 1
      if (chunks % CHUNKS_AT_A_TIME !== 0) continue
      await setImmediate()
      patience.check()
    }
  }
  keys.close()
  points.close()
}

interface Writer {
  /** Returns whether a chunk was full and has been appended. */
  add(row: readonly DuckDBValue[]): boolean
  close(): void
}

async function createWriter(
  connection: DuckDBConnection,
  table: string,
  types: readonly DuckDBType[],
): Promise<Writer> {
  const appender: DuckDBAppender = await connection.createAppender(table, 'main', 'temp')
  const chunk = DuckDBDataChunk.create(types, CHUNK_ROWS)
  let columns: DuckDBValue[][] = types.map(() => [])
  const flush = (): void => {
    if (columns[0]!.length === 0) return
    chunk.reset()
    chunk.setColumns(columns)
    appender.appendDataChunk(chunk)
    columns = types.map(() => [])
  }
  return {
    add: (row) => {
      for (let i = 0; i < row.length; i++) columns[i]!.push(row[i]!)
      if (columns[0]!.length < CHUNK_ROWS) return false
      flush()
      return true
    },
    close: () => {
      flush()
      appender.closeSync()
    },
  }
}
