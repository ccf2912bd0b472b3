import { resolve } from 'node:path'
import { z } from 'zod'
import { defineDatabase, type MetricsTable, type QueryOptions } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { sqliteDialect } from './sqlite/dialect.ts'
import { requestHistory } from './sqlite/points.ts'
import { type SqliteProcess, sqliteProcess } from './sqlite/process.ts'
import { tableNameParts } from './tables/identifiers.ts'
import { metricsTableOf } from './tables/metrics-table.ts'
import { type CatalogRow, tableList } from './tables/table-list.ts'

export const sqlite = defineDatabase({
  name: 'sqlite',
  summary: 'A SQLite file, which needs no server.',
  dialect: sqliteDialect,
  transpiledTo: 'sqlite',
  options: z.strictObject({
    path: z.string().min(1).default('tmpdata/anomstack-sqlite.db').meta({
      description:
        'The file, relative to the project; its folder is created. `:memory:` keeps everything in memory, until the process ends or a statement is stopped.',
    }),
    max_megabytes: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'The file may not grow beyond this size; writes that would fail instead.' }),
    turso_url: z.string().min(1).optional().meta({
      description:
        'Where a path that ends with turso.io means another address; the kind `turso` says it plainly.',
    }),
    auth_token: z.string().min(1).optional().meta({
      description: 'Token of the Turso database that a path ending with turso.io names.',
      secret: true,
    }),
  }),
  example: { path: 'tmpdata/anomstack-sqlite.db' },
  environment: {
    path: 'ANOMSTACK_SQLITE_PATH',
    turso_url: 'ANOMSTACK_TURSO_DATABASE_URL',
    auth_token: 'ANOMSTACK_TURSO_AUTH_TOKEN',
  },
  create: ({ path, max_megabytes: maxMegabytes, turso_url: url, auth_token: authToken }, { projectDir }) => {
    // The original named Turso so.
    if (/turso\.io\/?$/.test(path))
      return lazyDatabase('@libsql/client', async () =>
        (await import('./turso/open-turso.ts')).openTurso({
          url: url ?? (path.includes('://') ? path : `libsql://${path}`),
          ...(authToken === undefined ? {} : { authToken }),
        }),
      )
    const inMemory = path === ':memory:'
    const file = {
      path: inMemory ? path : resolve(projectDir, path),
      ...(maxMegabytes === undefined ? {} : { maxMegabytes }),
    }
    const tables = sqliteProcess(file)
    // Users' queries may take long, and are what gets stopped: they run beside the metrics tables, where there is a file to share.
    const queries = inMemory ? tables : sqliteProcess(file)
    const query = (sql: string, options: QueryOptions = {}) =>
      queries.request({ kind: 'query', sql }, options)
    return {
      query,
      metricsTable: (name) => metricsTable(tables, name),
      tables: async (options) =>
        tableList(sqliteDialect, (await query(CATALOG, options)) as unknown as CatalogRow[]),
      close: async () => {
        await Promise.all(inMemory ? [tables.close()] : [queries.close(), tables.close()])
      },
    }
  },
})

const CATALOG = `SELECT t.name AS "table", c.name AS "column", c.type AS type
  FROM main.sqlite_master AS t JOIN pragma_table_info(t.name) AS c
  WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid`

function metricsTable(tables: SqliteProcess, table: string): MetricsTable {
  tableNameParts(table)
  return metricsTableOf({
    ensure: async () => {
      await tables.request({ kind: 'ensure', table }, {})
    },
    upsert: async (series, options) => {
      await tables.request({ kind: 'upsert', table, series }, options)
    },
    history: (query, options) => requestHistory(tables, { table, query }, options),
    deleteBefore: ({ batch, before }, options) =>
      tables.request({ kind: 'deleteBefore', table, batch, before }, options),
    deleteRows: (series, options) => tables.request({ kind: 'deleteRows', table, series }, options),
    summary: (query, options) => tables.request({ kind: 'summary', table, ...query }, options),
    names: ({ batch }, options) => tables.request({ kind: 'names', table, batch }, options),
  })
}
