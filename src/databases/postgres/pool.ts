import { Client, type ClientConfig, Pool, type PoolClient } from 'pg'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { QueryOptions } from '../database.ts'
import { hasEnded, interruptible, type Patience, stoppable } from '../interruption.ts'
import { isConnectionError, postgresError, redact } from './errors.ts'
import { plainTypes } from './values.ts'

export interface PostgresPool {
  /** Runs work on a connection of its own, whose session is in UTC, and stops it when the caller gives up. Whatever the work leaves in the
   * session (an open transaction, temporary tables, settings) is taken away afterwards. */
  run<T>(options: QueryOptions, kind: WorkKind, work: (client: PoolClient) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface WorkKind {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** The user's statements, for the line of a fault. */
  readonly sql?: string
}

const MAX_CONNECTIONS = 8
const CONNECT_TIMEOUT_MS = 10_000
/** The server's own limit is a little longer than ours, for the case that this process dies. */
const SERVER_TIMEOUT_MARGIN_MS = 2_000

/** What servers that speak the protocol differ in. */
export interface PostgresKind {
  /** As errors call it. */
  readonly label: string
  /** Takes away whatever a statement may have left in its session; without it, connections on which users' statements ran are closed. */
  readonly cleanUp?: string
}

const POSTGRES: PostgresKind = { label: 'PostgreSQL', cleanUp: 'DISCARD ALL' }

/** A pool that connects with the first call, and again when the server was away. `secrets` never show in errors. */
export function postgresPool(
  config: ClientConfig,
  secrets: readonly string[],
  { label, cleanUp }: PostgresKind = POSTGRES,
): PostgresPool {
  const settings: ClientConfig = {
    ...config,
    types: plainTypes,
    application_name: 'anomstack',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
  let pool: Pool | undefined
  let closed = false

  const open = (): Pool => {
    if (closed)
      throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
    if (pool !== undefined) return pool
    try {
      pool = new Pool({ ...settings, max: MAX_CONNECTIONS, idleTimeoutMillis: 30_000, allowExitOnIdle: true })
    } catch (error) {
      throw unreachable(error)
    }
    // A connection that breaks is noticed by whoever uses it next; unheard, these events would end the process.
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    return pool
  }

  const unreachable = (error: unknown): AnomstackError =>
    new AnomstackError(
      'CONNECTION_FAILED',
      redact(
        `cannot connect to ${label}: ${connectProblem(error)}; check its address, user and password`,
        secrets,
      ),
    )

  /** A connection that has just proved to be alive: one from before a restart of the server is replaced. */
  const checkOut = async (timeoutMs: number | undefined): Promise<PoolClient> => {
    for (let attempt = 0; ; attempt++) {
      let client: PoolClient
      try {
        client = await open().connect()
      } catch (error) {
        throw error instanceof AnomstackError ? error : unreachable(error)
      }
      try {
        await client.query(
          `SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false)`,
        )
        if (timeoutMs !== undefined || cleanUp === undefined)
          await client.query(`SELECT set_config('statement_timeout', $1, false)`, [
            String(
              timeoutMs === undefined
                ? 0
                : Math.min(Math.ceil(timeoutMs) + SERVER_TIMEOUT_MARGIN_MS, 2 ** 31 - 1),
            ),
          ])
        return client
      } catch (error) {
        client.release(true)
        if (attempt > MAX_CONNECTIONS || !isConnectionError(error)) throw unreachable(error)
      }
    }
  }

  /** On a connection outside the pool, which may have none left. */
  const cancel = async (client: PoolClient): Promise<void> => {
    const messenger = new Client(settings)
    messenger.on('error', () => {})
    try {
      await messenger.connect()
      await messenger.query('SELECT pg_cancel_backend($1)', [
        (client as PoolClient & { processID: number }).processID,
      ])
    } catch {
      // The connection is cut after the grace anyway.
    } finally {
      await messenger.end().catch(() => {})
    }
  }

  const giveBack = async (client: PoolClient, usable: boolean): Promise<void> => {
    try {
      if (!usable) return client.release(true)
      await client.query('ROLLBACK')
      if (cleanUp !== undefined) await client.query(cleanUp)
      client.release()
    } catch {
      client.release(true)
    }
  }

  const use = async <T>(
    patience: Patience,
    client: PoolClient,
    { work, spent }: { readonly work: (client: PoolClient) => Promise<T>; readonly spent: boolean },
  ): Promise<T> => {
    let usable = false
    try {
      const result = await stoppable(
        patience,
        () => void cancel(client),
        () => work(client),
      )
      usable = true
      return result
    } catch (error) {
      usable = !isConnectionError(error)
      throw error
    } finally {
      void giveBack(client, usable && !hasEnded(patience) && !spent)
    }
  }

  return {
    run: async (options, { failure, sql }, work) => {
      try {
        return await interruptible(options, async (patience) => {
          const connecting = checkOut(options.timeoutMs)
          const client = await Promise.race([connecting, patience.ended]).catch((error: unknown) => {
            void connecting.then(
              (late) => late.release(),
              () => {},
            )
            throw error
          })
          return use(patience, client, { work, spent: cleanUp === undefined && sql !== undefined })
        })
      } catch (error) {
        throw postgresError(error, failure, { label, secrets, ...(sql === undefined ? {} : { sql }) })
      }
    },
    close: async () => {
      closed = true
      const opened = pool
      pool = undefined
      await opened?.end()
    },
  }
}

/** Several addresses of one name fail as a list, with an empty message. */
function connectProblem(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return messageOf(error)
}
