import type { Database, DatabaseEnvironment, MetricsTable, QueryOptions } from '../database.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { snowflakeDialect } from './dialect.ts'
import { openSession } from './driver.ts'
import { isConnectionError } from './errors.ts'
import { loginOptions, secretsOf } from './login.ts'
import type { SnowflakeOptions } from './options.ts'
import { type SnowflakeSessions, snowflakeSessions } from './sessions.ts'
import { ensureTable, snowflakeShapes } from './shape.ts'
import {
  deleteBefore,
  deleteRows,
  readHistory,
  readNames,
  type SnowflakeTable,
  summarize,
  upsertRows,
} from './table.ts'
import { lastRows } from './values.ts'

/** Snowflake's own limit is a little longer than ours, for the case that this process dies. */
const LIMIT_MARGIN_SECONDS = 2

/** A Snowflake account; logs in at the first call. */
export function openSnowflake(given: SnowflakeOptions, { projectDir }: DatabaseEnvironment): Database {
  const sessions = snowflakeSessions(
    async () => openSession(await loginOptions(given, projectDir)),
    secretsOf(given),
  )
  const shapes = snowflakeShapes()
  return {
    query: async (sql, options = {}) => {
      const text = withoutComments(sql)
      if (text === '') return []
      return sessions.run(options, { failure: 'QUERY_FAILED', leaves: mayLeave(text) }, async (session) =>
        lastRows(await session.execute(sql, limitOf(options))),
      )
    },
    metricsTable: (name) => metricsTable(sessions, shapes, name),
    tables: (options = {}) =>
      sessions.run(options, { failure: 'QUERY_FAILED' }, async (session) => {
        const [result] = await session.execute(CATALOG, { values: [], ...limitOf(options) })
        const rows = (result?.rows ?? []) as readonly [string, string, string, string][]
        return tableList(
          snowflakeDialect,
          rows.map(([schema, table, column, type]): CatalogRow => ({ schema, table, column, type })),
        )
      }),
    close: sessions.close,
  }
}

function limitOf({ timeoutMs }: QueryOptions): { limitSeconds?: number } {
  return timeoutMs === undefined ? {} : { limitSeconds: Math.ceil(timeoutMs / 1000) + LIMIT_MARGIN_SECONDS }
}

/** A text without what stands before its first statement and after its last semicolon. */
function withoutComments(sql: string): string {
  return sql
    .replace(/^(?:\s|;|--[^\n]*(?:\n|$)|\/\/[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
    .replace(/[\s;]+$/, '')
}

/** Whether statements may change their session: anything but one that only reads. */
function mayLeave(sql: string): boolean {
  return !/^(select|with|show|desc|describe|explain|list|ls)\b/i.test(sql) || sql.includes(';')
}

/** Columns of tables and views of the current database that the user may read. */
const CATALOG = `SELECT CASE WHEN table_schema = CURRENT_SCHEMA() THEN '' ELSE table_schema END AS schema_name, table_name, column_name, data_type
  FROM INFORMATION_SCHEMA.COLUMNS WHERE table_schema <> 'INFORMATION_SCHEMA'
  ORDER BY CASE WHEN table_schema = CURRENT_SCHEMA() THEN 0 ELSE 1 END, table_schema, table_name, ordinal_position`

const WRITE = { failure: 'WRITE_FAILED' } as const
const READ = { failure: 'QUERY_FAILED' } as const

function metricsTable(
  sessions: SnowflakeSessions,
  shapes: ReturnType<typeof snowflakeShapes>,
  name: string,
): MetricsTable {
  tableNameParts(name)
  const run = <T>(
    options: QueryOptions,
    kind: typeof WRITE | typeof READ,
    work: (table: SnowflakeTable) => Promise<T>,
  ): Promise<T> =>
    sessions.run(options, kind, async (session) => {
      try {
        return await work({ session, shape: await shapes.of(session, name), ...limitOf(options) })
      } catch (error) {
        // It may have been dropped, or made anew by somebody else: the next call looks again.
        if (!isConnectionError(error)) shapes.forget(name)
        throw error
      }
    })
  return metricsTableOf({
    ensure: () => sessions.run({}, { ...WRITE, leaves: true }, (session) => ensureTable(session, name)),
    upsert: (series, options) => run(options, WRITE, (table) => upsertRows(table, series)),
    history: (query, options) => run(options, READ, (table) => readHistory(table, query)),
    deleteBefore: (query, options) => run(options, WRITE, (table) => deleteBefore(table, query)),
    deleteRows: (series, options) => run(options, WRITE, (table) => deleteRows(table, series)),
    summary: (query, options) => run(options, READ, (table) => summarize(table, query)),
    names: ({ batch }, options) => run(options, READ, (table) => readNames(table, batch)),
  })
}
