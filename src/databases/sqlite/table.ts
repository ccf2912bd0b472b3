import type { MetricType } from '../../core/metric-row.ts'
import type { MetricSummary } from '../database.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { KEY_COLUMNS, METRIC_COLUMNS } from '../tables/metric-columns.ts'
import { ceilTime } from '../tables/time-range.ts'
import { atomically, consistently, type SqliteConnection } from './connection.ts'
import { readableSource } from './history.ts'
import type { TableShape } from './schema.ts'
import { ensureTable, requireShape } from './shape.ts'
import { stampOf, timestampOf } from './time.ts'

/** Rows of one INSERT statement; more gain nothing. */
const ROWS_PER_STATEMENT = 100
const WIDTH = METRIC_COLUMNS.length

/** Inserts or updates all rows, or none. */
export function upsertRows(connection: SqliteConnection, table: string, series: readonly SeriesRows[]): void {
  const shape = writable(connection, table)
  atomically(connection, () => (shape.kind === 'own' ? upsertOwn : upsertForeign)(connection, shape, series))
}

/** Without an index every write would read the whole table. */
function writable(connection: SqliteConnection, table: string): TableShape {
  if (requireShape(connection, table, true).kind === 'bare') ensureTable(connection, table)
  return requireShape(connection, table, true)
}

function upsertOwn(connection: SqliteConnection, { from }: TableShape, series: readonly SeriesRows[]): void {
  const upsert = (rows: number) =>
    connection.prepare(`INSERT INTO ${from} (${METRIC_COLUMNS.join(', ')})
      VALUES ${Array(rows).fill('(?, ?, ?, ?, ?, ?)').join(', ')}
      ON CONFLICT (${KEY_COLUMNS.join(', ')}) DO UPDATE SET metric_value = excluded.metric_value, metadata = excluded.metadata
      WHERE metric_value IS NOT excluded.metric_value OR metadata IS NOT excluded.metadata`)
  const many = upsert(ROWS_PER_STATEMENT)
  const one = upsert(1)
  let pending: (string | number)[] = []
  for (const { batch, name, type, timestamps, values, metadata } of series)
    for (let i = 0; i < timestamps.length; i++) {
      pending.push(stampOf(timestamps[i]!), batch, name, type, values[i]!, metadata?.[i] ?? '')
      if (pending.length === ROWS_PER_STATEMENT * WIDTH) {
        many.run(pending)
        pending = []
      }
    }
  for (let at = 0; at < pending.length; at += WIDTH) one.run(pending.slice(at, at + WIDTH))
}

function upsertForeign(
  connection: SqliteConnection,
  { from, stamp }: TableShape,
  series: readonly SeriesRows[],
): void {
  const update = connection.prepare(`UPDATE ${from} SET metric_value = ?, metadata = ?
    WHERE metric_batch = ? AND metric_name = ? AND metric_type = ? AND ${stamp} = ?`)
  const insert = connection.prepare(
    `INSERT INTO ${from} (${METRIC_COLUMNS.join(', ')}) VALUES (?, ?, ?, ?, ?, ?)`,
  )
  for (const { batch, name, type, timestamps, values, metadata } of series)
    for (let i = 0; i < timestamps.length; i++) {
      const at = stampOf(timestamps[i]!)
      const text = metadata?.[i] ?? ''
      const { changes } = update.run([values[i]!, text, batch, name, type, at])
      if (changes === 0) insert.run([at, batch, name, type, values[i]!, text])
    }
}

/** Returns how many rows there were. */
export function deleteRows(
  connection: SqliteConnection,
  table: string,
  series: readonly SeriesRows[],
): number {
  const { from, stamp } = writable(connection, table)
  return atomically(connection, () => {
    const remove = connection.prepare(
      `DELETE FROM ${from} WHERE metric_batch = ? AND metric_name = ? AND metric_type = ? AND ${stamp} = ?`,
    )
    let deleted = 0
    for (const { batch, name, type, timestamps } of series)
      for (const timestamp of timestamps)
        deleted += remove.run([batch, name, type, stampOf(timestamp)]).changes
    return deleted
  })
}

/** Returns how many rows there were. */
export function deleteBefore(
  connection: SqliteConnection,
  table: string,
  batch: string,
  before: number,
): number {
  const { from, stamp } = requireShape(connection, table, true)
  return atomically(
    connection,
    () =>
      connection
        .prepare(`DELETE FROM ${from} WHERE metric_batch = ? AND ${stamp} < ?`)
        .run([batch, stampOf(ceilTime(before))]).changes,
  )
}

/** Goes from series to series by the index, so that it never reads rows older than `since`. */
export function summarize(
  connection: SqliteConnection,
  table: string,
  { since, batch }: { readonly since: number; readonly batch?: string },
): readonly MetricSummary[] {
  return consistently(connection, () => {
    const { from, stamp } = readableSource(connection, table, batch)
    const next = connection
      .prepare(`SELECT metric_batch, metric_name, metric_type FROM ${from}
        WHERE (metric_batch, metric_name, metric_type) > (?, ?, ?)
        ORDER BY metric_batch, metric_name, metric_type LIMIT 1`)
      .raw()
    const count = connection
      .prepare(`SELECT count(*), max(${stamp}) FROM ${from}
        WHERE metric_batch = ? AND metric_name = ? AND metric_type = ? AND ${stamp} >= ?`)
      .raw()
    const summaries: { batch: string; name: string; newest: number; counts: Map<MetricType, number> }[] = []
    let key = [batch ?? '', '', ''] as [string, string, MetricType | '']
    for (;;) {
      const found = next.get(key) as [string, string, MetricType] | undefined
      if (found === undefined || (batch !== undefined && found[0] !== batch)) return summaries
      key = found
      const [rows, newest] = count.get([...found, stampOf(ceilTime(since))]) as [number, string | null]
      if (newest === null) continue
      const timestamp = timestampOf(newest)
      const last = summaries.at(-1)
      if (last?.batch === found[0] && last.name === found[1]) {
        last.newest = Math.max(last.newest, timestamp)
        last.counts.set(found[2], rows)
      } else
        summaries.push({
          batch: found[0],
          name: found[1],
          newest: timestamp,
          counts: new Map([[found[2], rows]]),
        })
    }
  })
}
