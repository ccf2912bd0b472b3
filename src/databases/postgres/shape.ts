import type { PoolClient } from 'pg'
import { quoteTable } from '../tables/identifiers.ts'
import { checkColumns, isKey, KEY_COLUMNS } from '../tables/metric-columns.ts'
import { DUPLICATES, hasState, NOT_ALLOWED } from './errors.ts'

interface Shape {
  readonly exists: boolean
  /** Whether a unique index keeps it free of duplicates. */
  readonly keyed: boolean
  /** Whether any index over the key's columns serves to find rows. */
  readonly indexed: boolean
}

/** What there is under the table's name. Throws `WRITE_FAILED` when it is no metrics table. */
export async function shapeOf(client: PoolClient, parts: readonly string[]): Promise<Shape> {
  const table = quoteTable(parts)
  const columns = await client.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [table],
  )
  if (columns.rows.length === 0) return { exists: false, keyed: false, indexed: false }
  checkColumns(
    parts.join('.'),
    columns.rows.map(({ name }) => name),
  )
  const indexes = await client.query<{ unique: boolean; columns: string[] }>(
    `SELECT indisunique AS unique, (
       SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)
     ) AS columns
     FROM pg_index WHERE indrelid = to_regclass($1) AND indisvalid AND indpred IS NULL AND indexprs IS NULL`,
    [table],
  )
  const keys = indexes.rows.filter((index) => isKey(index.columns))
  return { exists: true, keyed: keys.some(({ unique }) => unique), indexed: keys.length > 0 }
}

/** Creates schema and table, or an index over the key of a table that somebody else made. */
export async function ensureTable(client: PoolClient, parts: readonly string[]): Promise<void> {
  if ((await shapeOf(client, parts)).indexed) return
  await client.query('BEGIN')
  // Two processes that create the same thing would fail on the catalog's own keys, in spite of IF NOT EXISTS.
  await client.query(`SELECT pg_advisory_xact_lock(hashtext('anomstack'), hashtext($1))`, [quoteTable(parts)])
  const shape = await shapeOf(client, parts)
  if (!shape.exists) await createTable(client, parts)
  else if (!shape.indexed) await addKey(client, quoteTable(parts))
  await client.query('COMMIT')
}

async function createTable(client: PoolClient, parts: readonly string[]): Promise<void> {
  const schema = parts.at(-2)
  if (schema !== undefined) {
    const known = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
    // Not IF NOT EXISTS: that asks for the right to create even where there is nothing to create.
    if (known.rows.length === 0) await client.query(`CREATE SCHEMA ${quoteTable([schema])}`)
  }
  await client.query(`CREATE TABLE ${quoteTable(parts)} (
    metric_timestamp timestamptz NOT NULL,
    metric_batch text NOT NULL,
    metric_name text NOT NULL,
    metric_type text NOT NULL,
    metric_value double precision NOT NULL,
    metadata text NOT NULL DEFAULT '',
    PRIMARY KEY (${KEY_COLUMNS.join(', ')})
  )`)
}

async function addKey(client: PoolClient, table: string): Promise<void> {
  const attempt = async (unique: string): Promise<unknown> => {
    await client.query('SAVEPOINT before_index')
    try {
      await client.query(`CREATE ${unique} INDEX ON ${table} (${KEY_COLUMNS.join(', ')})`)
      return undefined
    } catch (error) {
      await client.query('ROLLBACK TO before_index')
      return error
    }
  }
  let refused = await attempt('UNIQUE')
  // It holds duplicates, which stay; the index then only serves to find rows.
  if (hasState(refused, DUPLICATES)) refused = await attempt('')
  // Without the owner's rights the table is used as it is.
  if (refused !== undefined && !hasState(refused, NOT_ALLOWED)) throw refused
}
