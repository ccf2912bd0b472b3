import type { Database, DatabaseEnvironment, MetricsTable, QueryOptions } from '../database.ts'
import { interruptible } from '../interruption.ts'
import { metricsTableOf } from '../tables/metrics-table.ts'
import { createTurns, type Turns } from '../turns.ts'
import { quotedTable, tableAddress } from './address.ts'
import { type BigqueryClient, openClient } from './client.ts'
import { bigqueryError, type Failure } from './errors.ts'
import type { BigqueryOptions } from './options.ts'
import { runUserSql } from './query.ts'
import { readHistory, readNames, summarize } from './reads.ts'
import { type BigquerySession, bigquerySession } from './session.ts'
import { ensureTable } from './shape.ts'
import { listTables } from './tables.ts'
import { deleteBefore, deleteRows, upsertRows } from './writes.ts'

/** BigQuery with these options; reads credentials, and connects at the first call. */
export async function openBigquery(
  given: BigqueryOptions,
  { projectDir }: DatabaseEnvironment,
): Promise<Database> {
  const client = await openClient(given, projectDir)
  const run = sessions(given, client)
  const turns = new Map<string, Turns>()
  return {
    query: (sql, options = {}) =>
      run('QUERY_FAILED', options, (session) => runUserSql(session, sql, given.max_bytes)),
    metricsTable: (name) => metricsTable({ name, given, client, run, turns }),
    tables: (options = {}) => run('QUERY_FAILED', options, (session) => listTables(session, given.dataset)),
    close: async () => {},
  }
}

type Run = <T>(
  failure: Failure,
  options: QueryOptions,
  work: (session: BigquerySession) => Promise<T>,
) => Promise<T>

function sessions({ location, dataset, max_bytes_billed }: BigqueryOptions, client: BigqueryClient): Run {
  return (failure, options, work) =>
    interruptible(options, async (patience) => {
      const session = bigquerySession({
        client,
        patience,
        location,
        dataset,
        maxBytesBilled: max_bytes_billed,
        timeoutMs: options.timeoutMs,
      })
      try {
        return await work(session)
      } catch (error) {
        throw bigqueryError(error, failure, client.secrets)
      }
    })
}

interface Opened {
  readonly name: string
  readonly given: BigqueryOptions
  readonly client: BigqueryClient
  readonly run: Run
  readonly turns: Map<string, Turns>
}

function metricsTable({ name, given, client, run, turns }: Opened): MetricsTable {
  const address = tableAddress(name, { project: client.project, dataset: given.dataset })
  const key = quotedTable(address)
  const ofTable = turns.get(key) ?? createTurns()
  turns.set(key, ofTable)
  // Statements that change one table at the same time make the engine undo all but one of them.
  const write = <T>(options: QueryOptions, work: (session: BigquerySession) => Promise<T>): Promise<T> =>
    run('WRITE_FAILED', options, (session) => ofTable(session.patience, () => work(session)))
  const read = <T>(options: QueryOptions, work: (session: BigquerySession) => Promise<T>): Promise<T> =>
    run('QUERY_FAILED', options, work)
  return metricsTableOf({
    ensure: () => write({}, () => ensureTable(client, address, given.location)),
    upsert: (series, options) => write(options, (session) => upsertRows(session, address, series)),
    history: (query, options) => read(options, (session) => readHistory(session, address, query)),
    deleteBefore: (query, options) => write(options, (session) => deleteBefore(session, address, query)),
    deleteRows: (series, options) => write(options, (session) => deleteRows(session, address, series)),
    summary: (query, options) => read(options, (session) => summarize(session, address, query)),
    names: ({ batch }, options) => read(options, (session) => readNames(session, address, batch)),
  })
}
