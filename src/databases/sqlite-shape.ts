import { AnomstackError } from '../core/errors.ts'
import { quoteIdentifier, tableNameParts } from './identifiers.ts'
import { checkColumns, KEY_COLUMNS } from './metric-columns.ts'
import { atomically, type SqliteConnection } from './sqlite-connection.ts'
import { STAMP_CHECK, STAMP_OF_ANY_SHAPE } from './sqlite-time.ts'

/** What there is under a metrics table's name. */
export interface TableShape {
  /** Quoted, to be read from. */
  readonly from: string
  /** SQL of a row's canonical timestamp. */
  readonly stamp: string
  /** `own`: made by us, unique by its primary key. `keyed`: made by somebody else, with our index over the key. `bare`: without it. */
  readonly kind: 'own' | 'keyed' | 'bare'
}

/** SQLite has no schemas beyond attached files: a name of several parts is a table with dots in its name. */
function plainName(table: string): string {
  const parts = tableNameParts(table)
  return (parts.length > 1 && parts[0]?.toLowerCase() === 'main' ? parts.slice(1) : parts).join('.')
}

const indexName = (table: string): string => `${table}_anomstack_key`

/** Undefined when there is no such table. */
export function shapeOf(connection: SqliteConnection, table: string): TableShape | undefined {
  const name = plainName(table)
  const found = connection
    .prepare(`SELECT name, coalesce(sql, '') FROM main.sqlite_master WHERE name IN (?, ?) COLLATE NOCASE`)
    .raw()
    .all([name, indexName(name)]) as [string, string][]
  const made = found.find(([each]) => each.toLowerCase() === name.toLowerCase())
  if (made === undefined) return undefined
  const from = `main.${quoteIdentifier(made[0])}`
  if (made[1].includes(STAMP_CHECK)) return { from, stamp: 'metric_timestamp', kind: 'own' }
  return { from, stamp: STAMP_OF_ANY_SHAPE, kind: found.length > 1 ? 'keyed' : 'bare' }
}

/** The table's shape; `QUERY_FAILED` or `WRITE_FAILED` when it is missing. */
export function requireShape(connection: SqliteConnection, table: string, writes: boolean): TableShape {
  const shape = shapeOf(connection, table)
  if (shape !== undefined) return shape
  throw new AnomstackError(writes ? 'WRITE_FAILED' : 'QUERY_FAILED', `SQLite: no such table: ${table}`, {
    retryable: false,
  })
}

/** Creates the table, or the index over the key of one that somebody else made. */
export function ensureTable(connection: SqliteConnection, table: string): void {
  const before = shapeOf(connection, table)
  if (before?.kind === 'own' || before?.kind === 'keyed') return
  const name = plainName(table)
  atomically(connection, () => {
    const shape = shapeOf(connection, table)
    if (shape === undefined) createTable(connection, name)
    else if (shape.kind === 'bare') addKey(connection, name)
  })
}

function createTable(connection: SqliteConnection, name: string): void {
  connection.exec(`CREATE TABLE main.${quoteIdentifier(name)} (
    metric_timestamp TEXT NOT NULL CHECK (${STAMP_CHECK}),
    metric_batch TEXT NOT NULL,
    metric_name TEXT NOT NULL,
    metric_type TEXT NOT NULL,
    metric_value REAL NOT NULL,
    metadata TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (${KEY_COLUMNS.join(', ')})
  ) WITHOUT ROWID`)
}

function addKey(connection: SqliteConnection, name: string): void {
  const columns = connection.prepare('SELECT name FROM pragma_table_info(?)').raw().all([name]) as [string][]
  checkColumns(
    name,
    columns.map(([column]) => column),
  )
  const over = `main.${quoteIdentifier(indexName(name))} ON ${quoteIdentifier(name)}
    (metric_batch, metric_name, metric_type, (${STAMP_OF_ANY_SHAPE}))`
  try {
    connection.exec(`CREATE UNIQUE INDEX ${over}`)
  } catch (error) {
    if (
      !(error instanceof Error && String('code' in error ? error.code : '').startsWith('SQLITE_CONSTRAINT'))
    )
      throw error
    // It holds duplicates, which stay; the index then only serves to find rows.
    connection.exec(`CREATE INDEX ${over}`)
  }
}
