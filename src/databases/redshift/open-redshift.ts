import type { Database, MetricsTable } from '../database.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { redshiftDialect } from './dialect.ts'
import { readHistory, readNames, summarize } from './history.ts'
import type { RedshiftSession } from './session.ts'
import { checkLengths, deleteBefore, deleteRows, ensureTable, upsertRows } from './table.ts'

/** Redshift by either way; opens nothing before the first call. */
export function openRedshift(session: RedshiftSession): Database {
  return {
    query: (sql, options = {}) => session.query(sql, options),
    metricsTable: (name) => metricsTable(session, name),
    tables: async (options = {}) =>
      tableList(redshiftDialect, (await session.query(CATALOG, options)) as unknown as readonly CatalogRow[]),
    close: session.close,
  }
}

const CATALOG = `SELECT CASE WHEN table_schema = current_schema() THEN '' ELSE table_schema END AS "schema",
    table_name AS "table", column_name AS "column", data_type AS "type"
  FROM information_schema.columns WHERE table_schema NOT IN ('information_schema') AND table_schema NOT LIKE 'pg!_%' ESCAPE '!'
  ORDER BY CASE WHEN table_schema = current_schema() THEN 0 ELSE 1 END, table_schema, table_name, ordinal_position`

function metricsTable(session: RedshiftSession, name: string): MetricsTable {
  const parts = tableNameParts(name)
  const write = { failure: 'WRITE_FAILED' } as const
  const read = { failure: 'QUERY_FAILED' } as const
  return metricsTableOf({
    ensure: () => session.run({}, write, (calls) => ensureTable(calls, session, parts)),
    upsert: async (series, options) => {
      checkLengths(series)
      await session.run(options, write, (calls) => upsertRows(calls, session, { parts, series }))
    },
    history: (query, options) =>
      session.run(options, read, (calls) => readHistory(calls, session, { parts, query })),
    deleteBefore: (query, options) =>
      session.run(options, write, (calls) => deleteBefore(calls, session, { parts, ...query })),
    deleteRows: (series, options) =>
      session.run(options, write, (calls) => deleteRows(calls, session, { parts, series })),
    summary: (query, options) =>
      session.run(options, read, (calls) => summarize(calls, session, { parts, ...query })),
    names: ({ batch }, options) =>
      session.run(options, read, (calls) => readNames(calls, session, { parts, batch })),
  })
}
