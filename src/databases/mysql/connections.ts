import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise'
import { AnomstackError } from '../../core/errors.ts'

/** Connections of one database, which are used one after the other. */
export interface MysqlConnections {
  /** A connection that nobody else has, when there is one. It may have died since it was last used. Throws what the driver throws, and `CONNECTION_FAILED` after `close`. */
  take(): Promise<Connection>
  /** Takes one back: `clean` when nothing stands in the way of using it again, after its session has been reset. */
  giveBack(connection: Connection, clean: boolean): void
  /** Ends those that nobody has, and the others when they are given back. */
  close(): Promise<void>
}

const MOST = 8
const IDLE_MS = 30_000

/** None is opened before it is needed. */
export function mysqlConnections(options: ConnectionOptions): MysqlConnections {
  const idle = new Map<Connection, NodeJS.Timeout>()
  const returning = new Set<Promise<void>>()
  const waiting: (() => void)[] = []
  let opened = 0
  let closed = false

  /** Lets who waits look again. */
  const wake = (): void => waiting.shift()?.()

  const drop = (connection: Connection): void => {
    connection.destroy()
    opened -= 1
    wake()
  }

  const open = async (): Promise<Connection> => {
    opened += 1
    try {
      const connection = await createConnection(options)
      // Whoever uses it next notices that it broke; unheard, this event would end the process.
      connection.on('error', () => {})
      return connection
    } catch (error) {
      opened -= 1
      wake()
      throw error
    }
  }

  const rest = (connection: Connection): void => {
    const expiry = setTimeout(() => {
      idle.delete(connection)
      drop(connection)
    }, IDLE_MS).unref()
    idle.set(connection, expiry)
    wake()
  }

  const takeIdle = (): Connection | undefined => {
    const [connection] = [...idle.keys()].slice(-1)
    if (connection === undefined) return undefined
    clearTimeout(idle.get(connection))
    idle.delete(connection)
    return connection
  }

  const reset = async (connection: Connection): Promise<void> => {
    try {
      await connection.reset()
    } catch {
      return drop(connection)
    }
    if (closed) drop(connection)
    else rest(connection)
  }

  return {
    async take() {
      for (;;) {
        if (closed)
          throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
        const connection = takeIdle()
        if (connection !== undefined) return connection
        if (opened < MOST) return open()
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    },
    giveBack(connection, clean) {
      if (!clean || closed) return drop(connection)
      const done: Promise<void> = reset(connection).finally(() => returning.delete(done))
      returning.add(done)
    },
    async close() {
      closed = true
      for (const wakeUp of waiting.splice(0)) wakeUp()
      await Promise.all(returning)
      for (let connection = takeIdle(); connection !== undefined; connection = takeIdle()) drop(connection)
    },
  }
}
