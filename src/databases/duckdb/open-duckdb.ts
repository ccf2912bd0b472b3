import { type DuckDBConnection, ResultReturnType } from '@duckdb/node-api'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { Database, MetricsTable, QueryOptions, SqlRow } from '../database.ts'
import { interruptible, type Patience } from '../interruption.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { duckdbDialect } from './dialect.ts'
import { readHistory } from './history.ts'
import { acquireInstance, type DuckdbPlace, releaseInstance, type SharedInstance } from './instance.ts'
import { ensureTable } from './shape.ts'
import { deleteBefore, deleteRows, summarize, upsertRows } from './table.ts'
import { plainValue } from './values.ts'

/** A DuckDB database; opens nothing before the first call. */
export function openDuckdb(place: DuckdbPlace): Database {
  const session = createSession(place)
  return {
    query: (sql, options = {}) =>
      session.run(options, { failure: 'QUERY_FAILED' }, (connection) => runStatements(connection, sql)),
    metricsTable: (name) => metricsTable(session, name),
    tables: (options = {}) =>
      session.run(options, { failure: 'QUERY_FAILED' }, async (connection) =>
        tableList(duckdbDialect, (await runStatements(connection, CATALOG)) as unknown as CatalogRow[]),
      ),
    close: session.close,
  }
}

interface Session {
  /** Runs work on a connection of its own, and stops it when the caller gives up. */
  run<T>(options: QueryOptions, kind: WorkKind, work: Work<T>): Promise<T>
  close(): Promise<void>
}

interface WorkKind {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** Whether it waits for other writers. */
  readonly inTurn?: boolean
}

type Work<T> = (
  connection: DuckDBConnection,
  context: { shared: SharedInstance; patience: Patience },
) => Promise<T>

function createSession(place: DuckdbPlace): Session {
  let shared: SharedInstance | undefined
  let closed = false
  const running = new Set<Promise<unknown>>()

  const runOn = async <T>(instance: SharedInstance, patience: Patience, work: Work<T>): Promise<T> => {
    const connection = await instance.connect()
    // An interrupt only reaches a statement that is running, so it is repeated until the work has noticed.
    let insisting: NodeJS.Timeout | undefined
    let finished = false
    patience.ended.catch(() => {
      if (!finished) insisting = setInterval(() => connection.interrupt(), 10)
    })
    try {
      patience.check()
      return await work(connection, { shared: instance, patience })
    } finally {
      finished = true
      clearInterval(insisting)
      connection.closeSync()
    }
  }

  const run: Session['run'] = async (options, { failure, inTurn = false }, work) => {
    if (closed)
      throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
    shared ??= acquireInstance(place)
    const instance = shared
    const task = interruptible(options, (patience) =>
      inTurn
        ? instance.writers(patience, () => runOn(instance, patience, work))
        : runOn(instance, patience, work),
    )
    running.add(task)
    try {
      return await task
    } catch (error) {
      throw error instanceof AnomstackError
        ? error
        : new AnomstackError(failure, `DuckDB: ${messageOf(error)}`, { cause: error, retryable: false })
    } finally {
      running.delete(task)
    }
  }

  return {
    run,
    close: async () => {
      if (closed) return
      closed = true
      await Promise.allSettled(running)
      if (shared !== undefined) await releaseInstance(place, shared)
    },
  }
}

const CATALOG = `SELECT CASE table_schema WHEN current_schema() THEN '' ELSE table_schema END AS schema,
    table_name AS table, column_name AS column, data_type AS type
  FROM information_schema.columns WHERE table_catalog = current_database()
  ORDER BY table_schema <> current_schema(), table_schema, table_name, ordinal_position`

/** Only white space, semicolons and comments, on which DuckDB's parser fails without a reason. */
const EMPTY_SQL = /^(?:\s|;|--[^\n]*|\/\*.*?\*\/)*$/s

async function runStatements(connection: DuckDBConnection, sql: string): Promise<readonly SqlRow[]> {
  if (EMPTY_SQL.test(sql)) return []
  const statements = await connection.extractStatements(sql)
  let rows: readonly SqlRow[] = []
  for (let i = 0; i < statements.count; i++) {
    const prepared = await statements.prepare(i)
    try {
      const result = await prepared.run()
      if (result.returnType === ResultReturnType.QUERY_RESULT)
        rows = await result.convertRowObjects(plainValue)
    } finally {
      prepared.destroySync()
    }
  }
  return rows
}

function metricsTable(session: Session, name: string): MetricsTable {
  const parts = tableNameParts(name)
  const write = { failure: 'WRITE_FAILED', inTurn: true } as const
  const read = { failure: 'QUERY_FAILED' } as const
  return metricsTableOf({
    ensure: () => session.run({}, write, (connection, { shared }) => ensureTable(connection, shared, parts)),
    upsert: (series, options) =>
      session.run(options, write, (connection, { patience }) =>
        upsertRows(connection, parts, { series, patience }),
      ),
    history: (query, options) =>
      session.run(options, read, (connection) => readHistory(connection, parts, query)),
    deleteBefore: (query, options) =>
      session.run(options, write, (connection) => deleteBefore(connection, parts, query)),
    deleteRows: (series, options) =>
      session.run(options, write, (connection, { patience }) =>
        deleteRows(connection, parts, { series, patience }),
      ),
    summary: (query, options) =>
      session.run(options, read, (connection) => summarize(connection, parts, query)),
  })
}
