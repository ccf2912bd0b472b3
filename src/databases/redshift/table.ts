import { AnomstackError } from '../../core/errors.ts'
import { stampOf } from '../sqlite/time.ts'
import type { Bind, Statement } from '../tables/dialect.ts'
import { statement } from '../tables/dialect.ts'
import { quoteIdentifier, quoteTable } from '../tables/identifiers.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { checkColumns, METRIC_COLUMNS } from '../tables/metric-columns.ts'
import { COLUMN_LIST, deleteBeforeStatement, sameKey } from '../tables/metric-statements.ts'
import type { RedshiftCalls, RedshiftSession } from './session.ts'

type Dialected = Pick<RedshiftSession, 'dialect' | 'statementBytes'>

/** Bytes that the columns of our tables hold. */
const NAME_BYTES = 16_384
const METADATA_BYTES = 65_535
/** Values that one statement binds, below the 32,767 of the protocol. */
const MAX_VALUES = 20_000

const STAGED = quoteIdentifier('anomstack staged rows')
const plain = (text: string): Statement => ({ text, values: [] })

const columnTypes = `metric_timestamp timestamp NOT NULL, metric_batch varchar(${NAME_BYTES}) NOT NULL, metric_name varchar(${NAME_BYTES}) NOT NULL,
  metric_type varchar(64) NOT NULL, metric_value float8 NOT NULL, metadata varchar(${METADATA_BYTES}) NOT NULL`

/** Throws `ROWS_INVALID` when a text is longer than Redshift can hold. */
export function checkLengths(series: readonly SeriesRows[]): void {
  for (const { batch, name, metadata } of series) {
    const tooLong = (what: string, bytes: number): AnomstackError =>
      new AnomstackError(
        'ROWS_INVALID',
        `the ${what} is longer than the ${bytes} bytes that Redshift can hold`,
        {
          at: { batch: batch.slice(0, 100), metric: name.slice(0, 100) },
        },
      )
    if (Buffer.byteLength(batch) > NAME_BYTES) throw tooLong('batch', NAME_BYTES)
    if (Buffer.byteLength(name) > NAME_BYTES) throw tooLong('name', NAME_BYTES)
    if (metadata?.some((text) => Buffer.byteLength(text) > METADATA_BYTES))
      throw tooLong('metadata', METADATA_BYTES)
  }
}

/** Names of the table's columns, none when there is no such table. Redshift folds names to lower case, in quotes as well. */
async function columnsOf(
  calls: RedshiftCalls,
  { dialect }: Dialected,
  parts: readonly string[],
): Promise<readonly string[]> {
  const [name = '', schema] = parts.toReversed()
  const rows = await calls.rows(
    statement(
      dialect,
      (
        bind,
      ) => `SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname IN (${bind(name)}, ${bind(name.toLowerCase())})
          AND ${schema === undefined ? 'n.nspname = current_schema()' : `n.nspname IN (${bind(schema)}, ${bind(schema.toLowerCase())})`}
          AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    ),
  )
  return rows.map(([column]) => String(column))
}

/** Creates schema and table where they are missing. */
export async function ensureTable(
  calls: RedshiftCalls,
  session: Dialected,
  parts: readonly string[],
): Promise<void> {
  const exists = async (): Promise<boolean> => {
    const columns = await columnsOf(calls, session, parts)
    if (columns.length > 0) checkColumns(parts.join('.'), columns)
    return columns.length > 0
  }
  if (await exists()) return
  const schema = parts.at(-2)
  try {
    if (schema !== undefined)
      await calls.prepare(plain(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`))
    await calls.prepare(plain(`CREATE TABLE IF NOT EXISTS ${quoteTable(parts)} (${columnTypes})`))
  } catch (error) {
    // Of two processes that make the same thing one may be refused, and then finds what the other has made.
    if (!(await exists())) throw error
  }
}

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  calls: RedshiftCalls,
  session: Dialected,
  { parts, series }: { readonly parts: readonly string[]; readonly series: readonly SeriesRows[] },
): Promise<void> {
  const table = quoteTable(parts)
  const same = sameKey('t', 's')
  await withStaged(
    calls,
    [...insertions(session, series)],
    [
      // No key keeps the table free of duplicates: nothing but this lock keeps two writers from inserting the same row.
      `LOCK TABLE ${table}`,
      `UPDATE ${table} AS t SET metric_value = s.metric_value, metadata = s.metadata FROM ${STAGED} AS s WHERE ${same}
      AND (t.metric_value IS NULL OR t.metric_value <> s.metric_value OR t.metadata IS NULL OR t.metadata <> s.metadata)`,
      `INSERT INTO ${table} (${COLUMN_LIST}) SELECT ${METRIC_COLUMNS.map((column) => `s.${column}`).join(', ')}
      FROM ${STAGED} AS s LEFT JOIN ${table} AS t ON ${same} WHERE t.metric_batch IS NULL`,
    ],
  )
}

/** Returns how many rows there were. */
export async function deleteRows(
  calls: RedshiftCalls,
  session: Dialected,
  { parts, series }: { readonly parts: readonly string[]; readonly series: readonly SeriesRows[] },
): Promise<number> {
  const table = quoteTable(parts)
  const [, counts] = await withStaged(
    calls,
    [...insertions(session, series)],
    [
      `LOCK TABLE ${table}`,
      `DELETE FROM ${table} USING ${STAGED} AS s WHERE ${sameKey(quoteIdentifier(parts.at(-1)!), 's')}`,
    ],
  )
  return counts ?? 0
}

/** Returns how many rows there were. */
export async function deleteBefore(
  calls: RedshiftCalls,
  { dialect }: Dialected,
  { parts, ...query }: { readonly parts: readonly string[]; readonly batch: string; readonly before: number },
): Promise<number> {
  const [count] = await calls.atomically([deleteBeforeStatement(dialect, quoteTable(parts), query)])
  return count ?? 0
}

/** Runs statements, the first of which locks, in one transaction beside a table of staged rows; returns how many rows each concerned. */
async function withStaged(
  calls: RedshiftCalls,
  inserts: readonly Statement[],
  texts: readonly string[],
): Promise<readonly number[]> {
  const create = plain(`CREATE TEMP TABLE ${STAGED} (${columnTypes})`)
  const drop = plain(`DROP TABLE ${STAGED}`)
  const [lock, ...rest] = texts.map(plain)
  if (inserts.length === 1) {
    // The lock comes first: a transaction of Redshift sees the tables as they were at its first statement.
    const [locked = 0, , , ...counts] = await calls.atomically([lock!, create, ...inserts, ...rest, drop])
    return [locked, ...counts]
  }
  await calls.prepare(plain(`DROP TABLE IF EXISTS ${STAGED}`))
  await calls.prepare(create)
  for (const insert of inserts) await calls.prepare(insert)
  return calls.atomically([lock!, ...rest, drop])
}

/** Statements that stage all rows, each no longer than the session takes. Numbers and times stand in the text, names and metadata are bound. */
function* insertions(session: Dialected, series: readonly SeriesRows[]): Generator<Statement> {
  const { dialect, statementBytes } = session
  let rows: ((bind: Bind, bound: Map<SeriesRows, string>) => string)[] = []
  let bytes = 0
  let values = 0
  const flush = (): Statement => {
    const bound = new Map<SeriesRows, string>()
    const made = statement(
      dialect,
      (bind) =>
        `INSERT INTO ${STAGED} (${COLUMN_LIST}) VALUES ${rows.map((write) => write(bind, bound)).join(', ')}`,
    )
    rows = []
    bytes = 0
    values = 0
    return made
  }
  for (const each of series) {
    const keyBytes = Buffer.byteLength(each.batch) + Buffer.byteLength(each.name)
    let started = false
    for (let i = 0; i < each.timestamps.length; i++) {
      const note = each.metadata?.[i] ?? ''
      const size = ROW_BYTES + Buffer.byteLength(note)
      if (rows.length > 0 && (bytes + size + keyBytes > statementBytes || values > MAX_VALUES)) {
        yield flush()
        started = false
      }
      rows.push((bind, bound) => rowText(each, i, { bind, bound }))
      bytes += size + (started ? 0 : keyBytes)
      values += (started ? 0 : 3) + (note === '' ? 0 : 1)
      started = true
    }
  }
  if (rows.length > 0) yield flush()
}

/** What a row takes in a statement, its texts aside. */
const ROW_BYTES = 140

function rowText(
  series: SeriesRows,
  index: number,
  { bind, bound }: { readonly bind: Bind; readonly bound: Map<SeriesRows, string> },
): string {
  let key = bound.get(series)
  if (key === undefined) {
    key = `${bind(series.batch)}, ${bind(series.name)}, ${bind(series.type)}`
    bound.set(series, key)
  }
  const note = series.metadata?.[index] ?? ''
  return `(CAST('${stampOf(series.timestamps[index]!)}' AS timestamp), ${key}, CAST('${series.values[index]!}' AS float8), ${note === '' ? "''" : bind(note)})`
}
