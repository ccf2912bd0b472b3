import type { ResultSet } from '@libsql/client/http'
import { AnomstackError } from '../../core/errors.ts'
import { sqliteDialect } from '../sqlite/dialect.ts'
import {
  createIndexSql,
  createTableSql,
  plainName,
  SHAPE_SQL,
  shapeFrom,
  shapeValues,
  type TableShape,
} from '../sqlite/schema.ts'
import { stampOf } from '../sqlite/time.ts'
import type { Bind, Statement } from '../tables/dialect.ts'
import { statement, type TableDialect } from '../tables/dialect.ts'
import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import { checkColumns, KEY_COLUMNS } from '../tables/metric-columns.ts'
import { COLUMN_LIST, deleteBeforeStatement } from '../tables/metric-statements.ts'
import type { TursoCalls } from './session.ts'

/** Rows of one statement, whose bound values SQLite limits to 32,766. */
const ROWS_PER_STATEMENT = 500
/** Rows that travel in one request; more of them are several requests of one transaction. */
const ROWS_PER_REQUEST = 10_000

/** A table with the dialect that reads its timestamps. */
export interface TursoTable extends TableShape {
  readonly dialect: TableDialect
}

const plain = (text: string): Statement => ({ text, values: [] })

async function shapeOf(calls: TursoCalls, table: string): Promise<TableShape | undefined> {
  const name = plainName(table)
  const { rows } = await calls.execute({ text: SHAPE_SQL, values: shapeValues(name) })
  return shapeFrom(
    name,
    rows.map((row) => [row[0] as string, row[1] as string] as const),
  )
}

/** The table as it is; `failure` when it is missing. */
export async function requireTable(
  calls: TursoCalls,
  table: string,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
): Promise<TursoTable> {
  const shape = await shapeOf(calls, table)
  if (shape === undefined)
    throw new AnomstackError(failure, `Turso: no such table: ${table}`, { retryable: false })
  return { ...shape, dialect: { ...sqliteDialect, timestamp: shape.stamp } }
}

/** Creates the table, or the index over the key of one that somebody else made. */
export async function ensureTable(calls: TursoCalls, table: string): Promise<void> {
  const name = plainName(table)
  const shape = await shapeOf(calls, table)
  if (shape === undefined)
    await ignoringExisting(calls.execute(plain(createTableSql(name))), async () => ensureTable(calls, table))
  else if (shape.kind === 'bare') await addKey(calls, name)
}

/** Another process may have been faster; what it made is then looked at. */
async function ignoringExisting(making: Promise<unknown>, otherwise: () => Promise<void>): Promise<void> {
  try {
    await making
  } catch (error) {
    if (!(error instanceof Error && /already exists/i.test(error.message))) throw error
    await otherwise()
  }
}

async function addKey(calls: TursoCalls, name: string): Promise<void> {
  const { rows } = await calls.execute({ text: 'SELECT name FROM pragma_table_info(?)', values: [name] })
  checkColumns(
    name,
    rows.map((row) => row[0] as string),
  )
  const index = (uniqueness: 'UNIQUE' | ''): Promise<void> =>
    ignoringExisting(calls.execute(plain(createIndexSql(name, uniqueness))), async () => {})
  try {
    await index('UNIQUE')
  } catch (error) {
    // It holds duplicates, which stay.
    if (!(error instanceof Error && /constraint/i.test(error.message))) throw error
    await index('')
  }
}

/** Without an index every write would read the whole table. */
async function writable(calls: TursoCalls, table: string): Promise<TursoTable> {
  const found = await requireTable(calls, table, 'WRITE_FAILED')
  if (found.kind !== 'bare') return found
  await ensureTable(calls, table)
  return requireTable(calls, table, 'WRITE_FAILED')
}

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  calls: TursoCalls,
  table: string,
  series: readonly SeriesRows[],
): Promise<void> {
  const shape = await writable(calls, table)
  const write = shape.kind === 'own' ? upsertOwn : upsertForeign
  if (rowCount(series) <= ROWS_PER_REQUEST) {
    await calls.atomically([...slicesOf(series)].flatMap((slice) => write(shape, slice)))
    return
  }
  await calls.atomicallyInTurn(requests(shape, series, write))
}

function* requests(
  shape: TursoTable,
  series: readonly SeriesRows[],
  write: (shape: TursoTable, slice: Slice) => readonly Statement[],
): Generator<readonly Statement[]> {
  let statements: Statement[] = []
  let rows = 0
  for (const slice of slicesOf(series)) {
    statements.push(...write(shape, slice))
    rows += slice.length
    if (rows < ROWS_PER_REQUEST) continue
    yield statements
    statements = []
    rows = 0
  }
  if (statements.length > 0) yield statements
}

/** Rows as `series[index]`, point `at`. */
type Slice = readonly { readonly series: SeriesRows; readonly at: number }[]

function* slicesOf(series: readonly SeriesRows[]): Generator<Slice> {
  let slice: { series: SeriesRows; at: number }[] = []
  for (const each of series)
    for (let at = 0; at < each.timestamps.length; at++) {
      slice.push({ series: each, at })
      if (slice.length < ROWS_PER_STATEMENT) continue
      yield slice
      slice = []
    }
  if (slice.length > 0) yield slice
}

/** Rows in parentheses, the names of each series bound once. */
function rowTexts(slice: Slice, bind: Bind, withValues: boolean): string {
  const keys = new Map<SeriesRows, string>()
  return slice
    .map(({ series, at }) => {
      const { batch, name, type, timestamps, values, metadata } = series
      let key = keys.get(series)
      if (key === undefined) {
        key = `${bind(batch)}, ${bind(name)}, ${bind(type)}`
        keys.set(series, key)
      }
      const stamp = bind(stampOf(timestamps[at]!))
      if (!withValues) return `(${stamp}, ${key})`
      const note = metadata?.[at] ?? ''
      return `(${stamp}, ${key}, ${bind(values[at]!)}, ${note === '' ? "''" : bind(note)})`
    })
    .join(', ')
}

function upsertOwn({ from, dialect }: TursoTable, slice: Slice): readonly Statement[] {
  return [
    statement(
      dialect,
      (bind) => `INSERT INTO ${from} (${COLUMN_LIST}) VALUES ${rowTexts(slice, bind, true)}
        ON CONFLICT (${KEY_COLUMNS.join(', ')}) DO UPDATE SET metric_value = excluded.metric_value, metadata = excluded.metadata
        WHERE metric_value IS NOT excluded.metric_value OR metadata IS NOT excluded.metadata`,
    ),
  ]
}

function upsertForeign({ from, stamp, dialect }: TursoTable, slice: Slice): readonly Statement[] {
  const same = `metric_batch = s.b AND metric_name = s.n AND metric_type = s.t AND ${stamp} = s.at`
  const using = (bind: Bind): string =>
    `WITH s (at, b, n, t, v, m) AS (VALUES ${rowTexts(slice, bind, true)})`
  return [
    statement(
      dialect,
      (bind) => `${using(bind)} UPDATE ${from} SET metric_value = s.v, metadata = s.m FROM s WHERE ${same}`,
    ),
    statement(
      dialect,
      (bind) => `${using(bind)} INSERT INTO ${from} (${COLUMN_LIST}) SELECT at, b, n, t, v, m FROM s
        WHERE NOT EXISTS (SELECT 1 FROM ${from} WHERE ${same})`,
    ),
  ]
}

const sumOf = (results: readonly ResultSet[]): number =>
  results.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0)

/** Returns how many rows there were. */
export async function deleteRows(
  calls: TursoCalls,
  table: string,
  series: readonly SeriesRows[],
): Promise<number> {
  const { from, stamp, dialect } = await writable(calls, table)
  return sumOf(
    await calls.atomically(
      [...slicesOf(series)].map((slice) =>
        statement(
          dialect,
          (bind) => `DELETE FROM ${from} WHERE (${stamp}, metric_batch, metric_name, metric_type)
            IN (VALUES ${rowTexts(slice, bind, false)})`,
        ),
      ),
    ),
  )
}

/** Returns how many rows there were. */
export async function deleteBefore(
  calls: TursoCalls,
  table: string,
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const { from, dialect } = await requireTable(calls, table, 'WRITE_FAILED')
  return sumOf(await calls.atomically([deleteBeforeStatement(dialect, from, query)]))
}
