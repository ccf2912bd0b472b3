import type { PoolClient } from 'pg'
import { AnomstackError } from '../../core/errors.ts'
import type { MetricType } from '../../core/metric-row.ts'
import type { MetricSummary } from '../database.ts'
import { quoteTable } from '../tables/identifiers.ts'
import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import {
  COLUMN_LIST,
  deleteBeforeStatement,
  type SummaryRow,
  sameKey,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { copyRows } from './copy.ts'
import { postgresDialect, stampOf } from './dialect.ts'
import { DUPLICATES, hasState, isTransactionConflict } from './errors.ts'
import { shapeOf } from './shape.ts'

/** Up to so many rows travel as parameters; COPY is faster for more, but needs a temporary table. */
const MAX_PARAMETER_ROWS = 2_000
/** From so many rows on it is worth a look whether they are all new. */
const MIN_DIRECT_ROWS = 20_000
const ATTEMPTS = 3
/** An index entry of PostgreSQL holds 2,704 bytes; type and timestamp take a part of them. */
const MAX_KEY_BYTES = 2_500

const SAME_KEY = sameKey('t', 's')

/** Throws `ROWS_INVALID` when a name is longer than an index of PostgreSQL can hold. */
export function checkKeyLengths(series: readonly SeriesRows[]): void {
  for (const { batch, name } of series)
    if (Buffer.byteLength(batch) + Buffer.byteLength(name) > MAX_KEY_BYTES)
      throw new AnomstackError(
        'ROWS_INVALID',
        `the names of batch and metric together are longer than the ${MAX_KEY_BYTES} bytes that an index of PostgreSQL can hold`,
        { at: { batch: batch.slice(0, 100), metric: name.slice(0, 100) } },
      )
}

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  client: PoolClient,
  parts: readonly string[],
  series: readonly SeriesRows[],
): Promise<void> {
  if (rowCount(series) >= MIN_DIRECT_ROWS && (await addNew(client, parts, series))) return
  const table = quoteTable(parts)
  await inTransaction(client, async () => {
    const { keyed } = await shapeOf(client, parts)
    const { source, values } = await stage(client, series)
    if (keyed) {
      await client.query(
        `INSERT INTO ${table} AS t (${COLUMN_LIST}) SELECT ${COLUMN_LIST} FROM ${source} s
         ON CONFLICT (metric_batch, metric_name, metric_type, metric_timestamp)
         DO UPDATE SET metric_value = excluded.metric_value, metadata = excluded.metadata
         WHERE (t.metric_value, t.metadata) IS DISTINCT FROM (excluded.metric_value, excluded.metadata)`,
        values,
      )
      return
    }
    // Nothing but this lock keeps two writers from inserting the same row.
    await client.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
    await client.query(
      `UPDATE ${table} t SET metric_value = s.metric_value, metadata = s.metadata FROM ${source} s WHERE ${SAME_KEY}`,
      values,
    )
    await client.query(
      `INSERT INTO ${table} (${COLUMN_LIST}) SELECT ${COLUMN_LIST} FROM ${source} s
       WHERE NOT EXISTS (SELECT FROM ${table} t WHERE ${SAME_KEY})`,
      values,
    )
  })
}

/** SQLSTATE of what a table does not support: COPY, where row-level security applies. */
const NOT_SUPPORTED = '0A000'

/** Copies rows straight into a table that has no row of their batches yet, which takes half the time. False, with nothing written, where the table is another. */
async function addNew(
  client: PoolClient,
  parts: readonly string[],
  series: readonly SeriesRows[],
): Promise<boolean> {
  const table = quoteTable(parts)
  const batches = [...new Set(series.map(({ batch }) => batch))]
  try {
    return await inTransaction(client, async () => {
      if (!(await shapeOf(client, parts)).keyed) return false
      // Columns of other types would read some texts as other values than those that an INSERT gives them.
      const { rows } = await client.query<{ fits: boolean }>(
        `SELECT NOT EXISTS (SELECT FROM ${table} WHERE metric_batch = ANY ($1)) AND 2 = (
           SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($2) AND (attname, atttypid) IN
             (('metric_timestamp', 'timestamptz'::regtype), ('metric_value', 'float8'::regtype))
         ) AS fits`,
        [batches, table],
      )
      if (rows[0]?.fits !== true) return false
      await copyRows(client, table, series)
      return true
    })
  } catch (error) {
    // Another writer may have been faster with the same rows.
    if (!hasState(error, DUPLICATES) && !hasState(error, NOT_SUPPORTED)) throw error
    await client.query('ROLLBACK')
    return false
  }
}

/** Returns how many rows there were. */
export function deleteRows(
  client: PoolClient,
  parts: readonly string[],
  series: readonly SeriesRows[],
): Promise<number> {
  return inTransaction(client, async () => {
    const { source, values } = await stage(client, series)
    const result = await client.query(
      `DELETE FROM ${quoteTable(parts)} t USING ${source} s WHERE ${SAME_KEY}`,
      values,
    )
    return result.rowCount ?? 0
  })
}

/** Returns how many rows there were. */
export async function deleteBefore(
  client: PoolClient,
  parts: readonly string[],
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const { text, values } = deleteBeforeStatement(postgresDialect, quoteTable(parts), query)
  return (await client.query(text, [...values])).rowCount ?? 0
}

/** Per batch and metric since a time. */
export async function summarize(
  client: PoolClient,
  parts: readonly string[],
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { text, values } = summaryStatement(postgresDialect, quoteTable(parts), query)
  const { rows } = await client.query<Record<keyof SummaryRow, string>>(text, [...values])
  return summariesOf(
    rows.map((row) => ({
      ...row,
      type: row.type as MetricType,
      amount: Number(row.amount),
      newest: Number(row.newest),
    })),
  )
}

async function inTransaction<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      await client.query('BEGIN')
      const result = await work()
      await client.query('COMMIT')
      return result
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransactionConflict(error)) throw error
      await client.query('ROLLBACK')
    }
}

/** Brings rows to the server; `source` is what to select them from, with `values` as its parameters. */
async function stage(
  client: PoolClient,
  series: readonly SeriesRows[],
): Promise<{ readonly source: string; readonly values: unknown[] }> {
  if (rowCount(series) <= MAX_PARAMETER_ROWS)
    return {
      source: `(SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::text[]) AS r (${COLUMN_LIST}))`,
      values: parameters(series),
    }
  await client.query(`CREATE TEMP TABLE anomstack_rows (metric_timestamp timestamptz, metric_batch text, metric_name text,
    metric_type text, metric_value float8, metadata text) ON COMMIT DROP`)
  await copyRows(client, 'anomstack_rows', series)
  return { source: 'anomstack_rows', values: [] }
}

function parameters(series: readonly SeriesRows[]): unknown[] {
  const columns: [string[], string[], string[], string[], number[], string[]] = [[], [], [], [], [], []]
  for (const { batch, name, type, timestamps, values, metadata } of series)
    for (let i = 0; i < timestamps.length; i++) {
      columns[0].push(stampOf(timestamps[i]!))
      columns[1].push(batch)
      columns[2].push(name)
      columns[3].push(type)
      columns[4].push(values[i]!)
      columns[5].push(metadata?.[i] ?? '')
    }
  return columns
}
