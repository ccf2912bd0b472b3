import type { Database, MetricsTable } from '../database.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { clientConfig, lastRows, secretsOf } from './client.ts'
import { postgresDialect } from './dialect.ts'
import { readHistory, readNames } from './history.ts'
import type { PostgresOptions } from './options.ts'
import { type PostgresPool, postgresPool } from './pool.ts'
import { ensureTable } from './shape.ts'
import { checkKeyLengths, deleteBefore, deleteRows, summarize, upsertRows } from './table.ts'

/** A PostgreSQL server; connects at the first call. */
export function openPostgres(given: PostgresOptions): Database {
  const pool = postgresPool(clientConfig(given), secretsOf(given))
  return {
    query: (sql, queryOptions = {}) =>
      pool.run(queryOptions, { failure: 'QUERY_FAILED', sql }, async (client) =>
        lastRows(await client.query(sql)),
      ),
    metricsTable: (name) => metricsTable(pool, name),
    tables: (queryOptions = {}) =>
      pool.run(queryOptions, { failure: 'QUERY_FAILED' }, async (client) =>
        tableList(postgresDialect, (await client.query<CatalogRow>(CATALOG)).rows),
      ),
    close: pool.close,
  }
}

/** Columns of tables and views that the user may read. */
const CATALOG = `SELECT CASE table_schema WHEN current_schema() THEN '' ELSE table_schema END AS schema,
    table_name AS table, column_name AS column, data_type AS type
  FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
  ORDER BY table_schema <> current_schema(), table_schema, table_name, ordinal_position`

function metricsTable(pool: PostgresPool, name: string): MetricsTable {
  const parts = tableNameParts(name)
  const write = { failure: 'WRITE_FAILED' } as const
  const read = { failure: 'QUERY_FAILED' } as const
  return metricsTableOf({
    ensure: () => pool.run({}, write, (client) => ensureTable(client, parts)),
    upsert: async (series, options) => {
      checkKeyLengths(series)
      await pool.run(options, write, (client) => upsertRows(client, parts, series))
    },
    history: (query, options) => pool.run(options, read, (client) => readHistory(client, parts, query)),
    deleteBefore: (query, options) =>
      pool.run(options, write, (client) => deleteBefore(client, parts, query)),
    deleteRows: (series, options) => pool.run(options, write, (client) => deleteRows(client, parts, series)),
    summary: (query, options) => pool.run(options, read, (client) => summarize(client, parts, query)),
    names: ({ batch }, options) => pool.run(options, read, (client) => readNames(client, parts, batch)),
  })
}
