import type { ResultSet } from '@libsql/client/http'
import type { Database, MetricsTable, SqlRow } from '../database.ts'
import { sqliteDialect } from '../sqlite/dialect.ts'
import { splitStatements } from '../sqlite/statements.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { readHistory, readNames, summarize } from './history.ts'
import { type TursoReplica, tursoReplica } from './replica.ts'
import { type TursoServer, type TursoSession, tursoSession } from './session.ts'
import { deleteBefore, deleteRows, ensureTable, upsertRows } from './table.ts'

interface TursoOptions extends TursoServer {
  /** Absolute; where it is given, histories are read from a copy. */
  readonly replicaPath?: string
}

const READ = { failure: 'QUERY_FAILED' } as const
const WRITE = { failure: 'WRITE_FAILED' } as const

/** A database behind Turso's HTTP protocol; opens nothing before the first call. */
export function openTurso({ replicaPath, ...server }: TursoOptions): Database {
  const session = tursoSession(server)
  const replica = replicaPath === undefined ? undefined : tursoReplica(replicaPath, server)
  const query: Database['query'] = (sql, options = {}) =>
    session.run(options, READ, async ({ inOrder }) => {
      const texts = splitStatements(sql)
      return texts.length === 0 ? [] : lastRows(await inOrder(texts))
    })
  return {
    query,
    metricsTable: (name) => metricsTable(session, replica, name),
    tables: async (options) =>
      tableList(sqliteDialect, (await query(CATALOG, options)) as unknown as CatalogRow[]),
    close: async () => {
      session.close()
      await replica?.close()
    },
  }
}

/** Tables whose names begin with `libsql_` or `_litestream` are the server's own, as those of SQLite are. */
const CATALOG = `SELECT t.name AS "table", c.name AS "column", c.type AS type
  FROM main.sqlite_master AS t JOIN pragma_table_info(t.name) AS c
  WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE 'libsql\\_%' ESCAPE '\\'
  ORDER BY t.name, c.cid`

function lastRows(results: readonly ResultSet[]): readonly SqlRow[] {
  const result = results.findLast(({ columns }) => columns.length > 0)
  if (result === undefined) return []
  return result.rows.map((row) =>
    Object.fromEntries(result.columns.map((column, index) => [column, plainValue(row[index])])),
  )
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value
}

function metricsTable(session: TursoSession, replica: TursoReplica | undefined, name: string): MetricsTable {
  tableNameParts(name)
  return metricsTableOf({
    ensure: () => session.run({}, WRITE, (calls) => ensureTable(calls, name)),
    upsert: (series, options) => session.run(options, WRITE, (calls) => upsertRows(calls, name, series)),
    history: (query, options) =>
      replica === undefined
        ? session.run(options, READ, (calls) => readHistory(calls, name, query))
        : replica.history(name, query, options),
    deleteBefore: (query, options) =>
      session.run(options, WRITE, (calls) => deleteBefore(calls, name, query)),
    deleteRows: (series, options) => session.run(options, WRITE, (calls) => deleteRows(calls, name, series)),
    summary: (query, options) => session.run(options, READ, (calls) => summarize(calls, name, query)),
    names: (query, options) => session.run(options, READ, (calls) => readNames(calls, name, query)),
  })
}
