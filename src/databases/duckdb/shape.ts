import type { DuckDBConnection } from '@duckdb/node-api'
import { messageOf } from '../../core/errors.ts'
import { quoteIdentifier, quoteTable } from '../tables/identifiers.ts'
import { checkColumns, isKey, KEY_COLUMNS } from '../tables/metric-columns.ts'
import type { SharedInstance } from './instance.ts'

/** A table's name in the parts that DuckDB's catalog lists. */
function catalogName(parts: readonly string[]): {
  catalog: string | null
  schema: string | null
  table: string
} {
  const [table, schema, catalog] = parts.toReversed()
  return { catalog: catalog ?? null, schema: schema ?? null, table: table! }
}

const THIS_TABLE = `database_name = coalesce($catalog, current_database()) AND lower(schema_name) = lower(coalesce($schema, current_schema()))
  AND lower(table_name) = lower($table)`

async function list(
  connection: DuckDBConnection,
  sql: string,
  parts: readonly string[],
): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql, catalogName(parts))).getRowsJson()
}

/** Whether a constraint or an index keeps the table free of duplicates. */
export async function isKeyed(connection: DuckDBConnection, parts: readonly string[]): Promise<boolean> {
  const constraints = await list(
    connection,
    `SELECT constraint_column_names FROM duckdb_constraints()
      WHERE ${THIS_TABLE} AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')`,
    parts,
  )
  if (constraints.some(([columns]) => isKey(columns as string[]))) return true
  const indexes = await list(
    connection,
    `SELECT index_name FROM duckdb_indexes() WHERE ${THIS_TABLE} AND is_unique`,
    parts,
  )
  return indexes.some(([name]) => name === indexName(parts))
}

const indexName = (parts: readonly string[]): string => `${parts.at(-1)}_anomstack_key`

/** Creates schema and table, or a unique index over a table that somebody else made, unless it holds duplicates. */
export async function ensureTable(
  connection: DuckDBConnection,
  shared: SharedInstance,
  parts: readonly string[],
): Promise<void> {
  const table = quoteTable(parts)
  const columns = await list(
    connection,
    `SELECT column_name FROM duckdb_columns() WHERE ${THIS_TABLE}`,
    parts,
  )
  if (columns.length === 0) {
    if (parts.length > 1)
      await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteTable(parts.slice(0, -1))}`)
    await createTable(connection, shared, table)
    return
  }
  checkColumns(
    parts.join('.'),
    columns.map(([name]) => String(name)),
  )
  if (shared.keyless || shared.withDuplicates.has(table) || (await isKeyed(connection, parts))) return
  try {
    await connection.run(
      `CREATE UNIQUE INDEX ${quoteIdentifier(indexName(parts))} ON ${table} (${KEY_COLUMNS.join(', ')})`,
    )
  } catch (error) {
    if (takesNoKeys(error)) shared.keyless = true
    else if (/constraint|duplicate/i.test(messageOf(error))) shared.withDuplicates.add(table)
    else throw error
  }
}

/** Whether the database refused because of the key itself: some that DuckDB can attach have no such thing. */
function takesNoKeys(error: unknown): boolean {
  return /(primary key|unique|index|constraint)\S*\b.*not (yet )?(supported|implemented)|not (yet )?(supported|implemented).*\b(primary key|unique|index|constraint)/is.test(
    messageOf(error),
  )
}

async function createTable(
  connection: DuckDBConnection,
  shared: SharedInstance,
  table: string,
): Promise<void> {
  const create = (key: string): Promise<unknown> =>
    connection.run(`CREATE TABLE IF NOT EXISTS ${table} (
      metric_timestamp TIMESTAMP NOT NULL,
      metric_batch VARCHAR NOT NULL,
      metric_name VARCHAR NOT NULL,
      metric_type VARCHAR NOT NULL,
      metric_value DOUBLE NOT NULL,
      metadata VARCHAR NOT NULL DEFAULT ''${key}
    )`)
  if (!shared.keyless)
    try {
      await create(`, PRIMARY KEY (${KEY_COLUMNS.join(', ')})`)
      return
    } catch (error) {
      if (!takesNoKeys(error)) throw error
      shared.keyless = true
    }
  await create('')
}
