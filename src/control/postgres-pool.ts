import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg, { type Pool, type PoolClient } from 'pg'
import { storedValues, withTexts } from './control-text.ts'
import { isCut, isOutdated } from './postgres-failure.ts'
import { createStatementNames, type StatementNames } from './statement-names.ts'

export interface PoolOptions {
  readonly url: string
  readonly size: number
  readonly searchPath: string
  readonly onIdleError: (error: unknown) => void
}

const CONNECT_TIMEOUT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 30_000
/** A process that stands still in a transaction must not keep the others from their work for long. */
const STANDSTILL_MS = 10_000

const INT8 = 20
const NUMERIC = 1700

/** Counts, sums and times are numbers: all of them are far below 2^53. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (oid === INT8 || oid === NUMERIC) && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** A pool of connections that outlives restarts of the server: what breaks is replaced, and no broken connection ends the process. */
export function openPool({ url, size, searchPath, onIdleError }: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: withSearchPath(url, searchPath),
    types,
    max: size,
    application_name: 'anomstack',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // Of a server that does not even say that a statement took too long.
    query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STANDSTILL_MS,
  })
  // Unheard, these events would end the process.
  pool.on('error', onIdleError)
  pool.on('connect', (client) => client.on('error', () => {}))
  const names = createStatementNames()
  return { connect: () => checkOut(pool, { size, names }), end: () => pool.end() }
}

/** In the message that opens the connection, so that there is none without it. */
function withSearchPath(url: string, searchPath: string): string {
  const address = new URL(url)
  const given = address.searchParams.get('options')
  address.searchParams.set('options', `${given === null ? '' : `${given} `}-c search_path=${searchPath}`)
  return address.href
}

/** A connection whose first statement shows whether it is alive: one from before a restart of the server is replaced then, for nothing was done on it. */
async function checkOut(
  pool: Pool,
  { size, names }: { readonly size: number; readonly names: StatementNames },
): Promise<PostgresPoolClient> {
  let client: PoolClient | undefined = await pool.connect()
  let untouched = true
  let replaced = 0
  let broken = false
  const giveBack = () => {
    client?.release(broken)
    client = undefined
  }
  const run = async (sql: string, parameters: readonly unknown[]) => {
    for (;;)
      try {
        if (client === undefined) {
          client = await pool.connect()
          broken = false
        }
        const name = names.of(sql)
        const statement = name === undefined ? { text: sql } : { name, text: sql }
        const result = await client.query({ ...statement, values: storedValues(parameters) })
        untouched = false
        withTexts(result.rows)
        return result
      } catch (error) {
        if (isOutdated(error)) names.renew()
        if (isCut(error)) broken = true
        if (client === undefined || !broken || !untouched || replaced > size) throw error
        replaced++
        giveBack()
      }
  }
  // Kysely never asks for a cursor here.
  return { query: run as unknown as PostgresPoolClient['query'], release: giveBack }
}
