import { AnomstackError } from '../../core/errors.ts'
import { checkColumns } from '../tables/metric-columns.ts'
import { atomically, type SqliteConnection } from './connection.ts'
import {
  createIndexSql,
  createTableSql,
  plainName,
  SHAPE_SQL,
  shapeFrom,
  shapeValues,
  type TableShape,
} from './schema.ts'

/** Undefined when there is no such table. */
export function shapeOf(connection: SqliteConnection, table: string): TableShape | undefined {
  const name = plainName(table)
  return shapeFrom(name, connection.prepare(SHAPE_SQL).raw().all(shapeValues(name)) as [string, string][])
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
    if (shape === undefined) connection.exec(createTableSql(name))
    else if (shape.kind === 'bare') addKey(connection, name)
  })
}

function addKey(connection: SqliteConnection, name: string): void {
  const columns = connection.prepare('SELECT name FROM pragma_table_info(?)').raw().all([name]) as [string][]
  checkColumns(
    name,
    columns.map(([column]) => column),
  )
  try {
    connection.exec(createIndexSql(name, 'UNIQUE'))
  } catch (error) {
    if (
      !(error instanceof Error && String('code' in error ? error.code : '').startsWith('SQLITE_CONSTRAINT'))
    )
      throw error
    // It holds duplicates, which stay.
    connection.exec(createIndexSql(name, ''))
  }
}
