import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { QueryOptions } from '../database.ts'
import { hasEnded, interruptible, type Patience, stoppable } from '../interruption.ts'
import { mysqlConnections } from './connections.ts'
import { quoteName } from './dialect.ts'
import { isConnectionError, mysqlError } from './errors.ts'
import { type MysqlSession, mysqlSession } from './session.ts'

export interface MysqlPool {
  /** Runs work on a connection of its own, whose session is in UTC, and stops it when the caller gives up. Whatever the work leaves in the
   * session (an open transaction, temporary tables, locks, settings) is taken away afterwards. */
  run<T>(options: QueryOptions, kind: WorkKind, work: (session: MysqlSession) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface WorkKind {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** `users`: statements that we did not write, which run under the server's own settings. */
  readonly statements: 'users' | 'own'
}

/** Connections that turn out to be dead before a new one is the answer. */
const MOST_STALE = 8
const CONNECT_TIMEOUT_MS = 10_000
/** A statement is told to end until it does: what it is told between two statements is lost. */
const KILL_EVERY_MS = 200
/** The server's own limit is a little longer than ours, for the case that this process dies. */
const SERVER_TIMEOUT_MARGIN_MS = 2_000

/** What our own statements rely on, whatever the server's settings: backslashes that escape, errors instead of cut values, and lists that
 * are as long as a row with three of them may be. */
const OWN_SETTINGS = `, autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', group_concat_max_len = @@max_allowed_packet DIV 4`

/** A pool that connects with the first call, and again when the server was away. `redact` takes secrets out of errors. */
export function mysqlPool(config: ConnectionOptions, redact: (text: string) => string): MysqlPool {
  const settings: ConnectionOptions = {
    ...config,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    charset: 'utf8mb4',
    timezone: 'Z',
    multipleStatements: true,
    // The driver would change how the server reads function names.
    flags: ['-IGNORE_SPACE'],
  }
  const connections = mysqlConnections(settings)

  const unreachable = (error: unknown): AnomstackError =>
    new AnomstackError(
      'CONNECTION_FAILED',
      redact(`cannot connect to MySQL: ${connectProblem(error)}; check its address, user and password`),
    )

  /** A connection that has just proved to be alive: one from before a restart of the server is replaced. */
  const checkOut = async ({ timeoutMs }: QueryOptions, { statements }: WorkKind): Promise<Connection> => {
    for (let attempt = 0; ; attempt++) {
      let connection: Connection
      try {
        connection = await connections.take()
      } catch (error) {
        throw error instanceof AnomstackError ? error : unreachable(error)
      }
      try {
        await connection.query(
          // A user's USE outlasts what resets a session.
          `${config.database === undefined ? '' : `USE ${quoteName(config.database)};`}
          SET NAMES utf8mb4, time_zone = '+00:00'${statements === 'own' ? OWN_SETTINGS : ''}${serverLimit(timeoutMs)}`,
        )
        return connection
      } catch (error) {
        connections.giveBack(connection, false)
        if (attempt > MOST_STALE || !isConnectionError(error)) throw unreachable(error)
      }
    }
  }

  /** Over a connection outside the pool, which may have none left. Returns what ends it. */
  const stop = (connection: Connection): (() => void) => {
    let over = false
    const kill = async (): Promise<void> => {
      const messenger = await createConnection(settings)
      try {
        while (!over) {
          await messenger.query(`KILL QUERY ${connection.threadId}`)
          await new Promise((resolve) => setTimeout(resolve, KILL_EVERY_MS))
        }
      } finally {
        messenger.destroy()
      }
    }
    // When this fails, the connection is cut after the grace anyway.
    kill().catch(() => {})
    return () => {
      over = true
    }
  }

  const use = async <T>(
    patience: Patience,
    connection: Connection,
    work: (session: MysqlSession) => Promise<T>,
  ): Promise<T> => {
    let over = (): void => {}
    let usable = false
    try {
      const result = await stoppable(
        patience,
        () => {
          over = stop(connection)
        },
        () => work(mysqlSession(connection, patience)),
      )
      usable = true
      return result
    } catch (error) {
      usable = !isConnectionError(error)
      throw error
    } finally {
      over()
      connections.giveBack(connection, usable && !hasEnded(patience))
    }
  }

  return {
    run: async (options, kind, work) => {
      try {
        return await interruptible(options, async (patience) => {
          const connecting = checkOut(options, kind)
          const connection = await Promise.race([connecting, patience.ended]).catch((error: unknown) => {
            void connecting.then(
              (late) => connections.giveBack(late, true),
              () => {},
            )
            throw error
          })
          return use(patience, connection, work)
        })
      } catch (error) {
        throw mysqlError(error, kind.failure, redact)
      }
    },
    close: connections.close,
  }
}

/** MySQL (in milliseconds, and for reading only) and MariaDB (in seconds) each read a comment of their own. */
function serverLimit(timeoutMs: number | undefined): string {
  if (timeoutMs === undefined) return ''
  const limit = Math.min(Math.ceil(timeoutMs) + SERVER_TIMEOUT_MARGIN_MS, 2 ** 31 - 1)
  return ` /*!50708 , max_execution_time = ${limit} */ /*M!100100 , max_statement_time = ${limit / 1_000} */`
}

/** Several addresses of one name fail as a list, with an empty message. */
function connectProblem(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ')
  return messageOf(error) || String((error as { code?: string }).code)
}
