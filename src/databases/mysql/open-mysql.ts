import { createRedactor } from '../../core/redact.ts'
import type { Database, MetricsTable } from '../database.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { connectionOf, secretsOf } from './address.ts'
import { mysqlDialect } from './dialect.ts'
import { readHistory } from './history.ts'
import { mysqlTable } from './names.ts'
import type { MysqlOptions } from './options.ts'
import { type MysqlPool, mysqlPool } from './pool.ts'
import { ensureTable } from './shape.ts'
import { deleteBefore, deleteRows, readNames, summarize, upsertRows } from './table.ts'

const READ = { failure: 'QUERY_FAILED', statements: 'own' } as const
const WRITE = { failure: 'WRITE_FAILED', statements: 'own' } as const

/** A MySQL or MariaDB server; connects at the first call. */
export function openMysql(given: MysqlOptions): Database {
  const pool = mysqlPool(connectionOf(given), createRedactor(secretsOf(given)))
  return {
    query: (sql, options = {}) =>
      pool.run(options, { failure: 'QUERY_FAILED', statements: 'users' }, (session) => session.script(sql)),
    metricsTable: (name) => metricsTable(pool, name),
    tables: (options = {}) =>
      pool.run(options, READ, async (session) =>
        tableList(mysqlDialect, await session.rows<CatalogRow>(CATALOG)),
      ),
    close: pool.close,
  }
}

/** Columns of tables and views that the user may read. */
const CATALOG = `SELECT CASE table_schema WHEN DATABASE() THEN '' ELSE table_schema END AS \`schema\`,
    table_name AS \`table\`, column_name AS \`column\`, data_type AS type
  FROM information_schema.columns WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
  ORDER BY table_schema <=> DATABASE() DESC, table_schema, table_name, ordinal_position`

function metricsTable(pool: MysqlPool, name: string): MetricsTable {
  const table = mysqlTable(name)
  return metricsTableOf({
    ensure: () => pool.run({}, WRITE, (session) => ensureTable(session, table)),
    upsert: (series, options) => pool.run(options, WRITE, (session) => upsertRows(session, table, series)),
    history: (query, options) => pool.run(options, READ, (session) => readHistory(session, table, query)),
    deleteBefore: (query, options) =>
      pool.run(options, WRITE, (session) => deleteBefore(session, table, query)),
    deleteRows: (series, options) =>
      pool.run(options, WRITE, (session) => deleteRows(session, table, series)),
    summary: (query, options) => pool.run(options, READ, (session) => summarize(session, table, query)),
    names: ({ batch }, options) => pool.run(options, READ, (session) => readNames(session, table, batch)),
  })
}
