import { realpathSync } from 'node:fs'
import {
  CompiledQuery,
  type Dialect,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import type Libsql from 'libsql'
import { LRUCache } from 'lru-cache'
import { storedValues, withTexts } from './control-text.ts'

/** Who is next, for each database file that this process has open. */
const turns = new Map<string, Promise<void>>()

/** Resolves, with the function that ends the turn, when everybody who came before has ended theirs. */
async function takeTurn(file: string): Promise<() => void> {
  const before = turns.get(file) ?? Promise.resolve()
  let end: () => void = () => {}
  const mine = new Promise<void>((resolve) => {
    end = resolve
  })
  const tail = before.then(() => mine)
  turns.set(file, tail)
  void tail.then(() => {
    if (turns.get(file) === tail) turns.delete(file)
  })
  await before
  return end
}

/**
 * Kysely on one libsql connection. Transactions begin `IMMEDIATE`, so that two processes never both read and then fail to write.
 * SQLite waits for a lock by blocking the thread, so two connections of one process to one file take turns here: otherwise the
 * one that waits would keep the one that holds the lock from going on.
 */
export function sqliteDialect(connection: Libsql.Database, file: string): Dialect {
  const key = realpathSync(file)
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverOf(connection, key),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** A prepared statement keeps memory that the garbage collector does not see, so each text is prepared once. */
function preparingOnce(connection: Libsql.Database): SqliteDatabase {
  const statements = new LRUCache<string, SqliteStatement>({ max: 200 })
  return {
    close: () => connection.close(),
    prepare(text) {
      const known = statements.get(text)
      if (known !== undefined) return known
      const statement = connection.prepare(text)
      const usable = <Result>(use: () => Result): Result => {
        try {
          return use()
        } catch (error) {
          statements.delete(text)
          throw error
        }
      }
      const prepared: SqliteStatement = {
        reader: statement.reader,
        all: (parameters) => usable(() => [...withTexts(statement.all(storedValues(parameters)))]),
        run: (parameters) => usable(() => statement.run(storedValues(parameters))),
        iterate: (parameters) => statement.iterate(storedValues(parameters)),
      }
      statements.set(text, prepared)
      return prepared
    },
  }
}

function driverOf(connection: Libsql.Database, key: string): Driver {
  const inner = new SqliteDriver({ database: preparingOnce(connection) })
  let endTurn = () => {}
  return {
    init: () => inner.init(),
    async acquireConnection() {
      const end = await takeTurn(key)
      endTurn = end
      return inner.acquireConnection()
    },
    async beginTransaction(held) {
      await held.executeQuery(CompiledQuery.raw('begin immediate'))
    },
    commitTransaction: (held) => inner.commitTransaction(held),
    async rollbackTransaction(held) {
      // A full disk ends the transaction by itself; rolling back once more would hide that error behind another.
      if (connection.inTransaction) await inner.rollbackTransaction(held)
    },
    async releaseConnection() {
      await inner.releaseConnection()
      endTurn()
    },
    destroy: () => inner.destroy(),
  }
}
