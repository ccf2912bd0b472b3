import { randomUUID } from 'node:crypto'
import { AnomstackError } from '../../core/errors.ts'
import type { Database, MetricsTable, SqlRow } from '../database.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { createTurns, type Turns } from '../turns.ts'
import { clickhouseAddress } from './address.ts'
import { clickhouseDialect, quotedTable } from './dialect.ts'
import { readHistory, readNames } from './history.ts'
import type { ClickhouseOptions } from './options.ts'
import { type ClickhouseServer, type ClickhouseSession, clickhouseServer } from './server.ts'
import { ensureTable, shapeOf } from './shape.ts'
import { singleStatements } from './statements.ts'
import { deleteBefore, deleteRows, insertRows, summarize } from './table.ts'
import { upsertUnkeyed } from './unkeyed.ts'
import { ROW_FORMAT, ROW_SETTINGS, rowsOf } from './values.ts'

/** Columns of tables and views that the user may read. */
const CATALOG = `SELECT if(database = currentDatabase(), '', database) AS schema, table, name AS column, type FROM system.columns
  WHERE database NOT IN ('', 'system', 'information_schema', 'INFORMATION_SCHEMA') AND NOT startsWith(table, '.inner')
  ORDER BY database <> currentDatabase(), database, table, position`

/** Joins and aggregates give NULL where there is nothing, as in other engines. */
const USER_SETTINGS = { ...ROW_SETTINGS, join_use_nulls: 1, aggregate_functions_null_for_empty: 1 } as const

/** A ClickHouse server. */
export function openClickhouse(given: ClickhouseOptions): Database {
  const server = clickhouseServer(clickhouseAddress(given))
  const turns = createTurns()
  return {
    query: (sql, options = {}) =>
      server.run(options, { failure: 'QUERY_FAILED', repeatable: false }, (session) =>
        lastRows(session, sql),
      ),
    metricsTable: (name) => metricsTable(server, name, turns),
    tables: (options = {}) =>
      server.run(options, { failure: 'QUERY_FAILED', repeatable: true }, async (session) => {
        const rows = await lastRows(session, CATALOG)
        return tableList(clickhouseDialect, rows as unknown as readonly CatalogRow[])
      }),
    close: server.close,
  }
}

/** Runs statements one by one, in a session of their own when there are several, which temporary tables and settings end with. */
async function lastRows(session: ClickhouseSession, sql: string): Promise<readonly SqlRow[]> {
  const statements = singleStatements(sql)
  const sessionId = randomUUID()
  let last: readonly SqlRow[] = []
  for (const { text, line } of statements) {
    const { format, body } = await session
      .ask(
        { text, values: [] },
        { format: ROW_FORMAT, settings: USER_SETTINGS, ...(statements.length > 1 ? { sessionId } : {}) },
      )
      .catch((error: unknown) => {
        throw withLine(error, line)
      })
    if (body.length > 0 && format !== undefined && format !== ROW_FORMAT)
      throw new AnomstackError(
        'QUERY_FAILED',
        `ClickHouse answered in ${format}: leave FORMAT out of the query`,
      )
    last = rowsOf(body.toString()) ?? last
  }
  return last
}

/** The engine counts lines from the start of the statement that it was sent. */
function withLine(error: unknown, before: number): unknown {
  if (error instanceof Error)
    error.message = error.message.replace(
      /\(line (\d+), /,
      (_, line: string) => `(line ${Number(line) + before}, `,
    )
  return error
}

function metricsTable(server: ClickhouseServer, name: string, turns: Turns): MetricsTable {
  const parts = tableNameParts(name)
  if (parts.length > 2)
    throw new AnomstackError(
      'INPUT_INVALID',
      `${JSON.stringify(parts.join('.'))} is not a table's name in ClickHouse: write table or database.table`,
    )
  const table = quotedTable(parts)
  const write = { failure: 'WRITE_FAILED', repeatable: true } as const
  const read = { failure: 'QUERY_FAILED', repeatable: true } as const
  return metricsTableOf({
    ensure: () => server.run({}, write, (session) => ensureTable(session, parts)),
    upsert: (series, options) =>
      server.run(options, write, async (session, patience) => {
        const shape = await shapeOf(session, parts)
        if (shape.keyed) return insertRows(session, table, series)
        // Of two writers at a time, both would find a row missing.
        return turns(patience, () => upsertUnkeyed(session, table, { shape, series }))
      }),
    history: (query, options) => server.run(options, read, (session) => readHistory(session, parts, query)),
    deleteBefore: (query, options) =>
      server.run(options, write, (session) => deleteBefore(session, parts, query)),
    deleteRows: (series, options) =>
      server.run(options, write, (session) => deleteRows(session, parts, series)),
    summary: (query, options) => server.run(options, read, (session) => summarize(session, parts, query)),
    names: ({ batch }, options) => server.run(options, read, (session) => readNames(session, parts, batch)),
  })
}
