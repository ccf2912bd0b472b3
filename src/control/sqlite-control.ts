import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely } from 'kysely'
import Libsql from 'libsql'
import { systemClock } from '../core/clock.ts'
import { AnomstackError } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import type { Control } from './control.ts'
import { groupCommit } from './group-commit.ts'
import { migrate } from './migrate.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { sqliteCode, sqliteFailure } from './sqlite-failure.ts'
import { createStores } from './stores.ts'

const BUSY_TIMEOUT = 10_000

/**
 * What a power cut may take back. FULL syncs each commit: a delivery that is recorded as sent stays so. NORMAL leaves that to the operating system: the newest records
 * of runs may be gone, as if those runs had been killed a moment earlier, and are made again. A process that is killed loses nothing either way.
 */
type Synchronous = 'FULL' | 'NORMAL'

/** Opens the control database in a SQLite file, making or upgrading it as needed; any number of processes may have it open. Errors: `CONTROL_FAILED`. */
export async function openSqliteControl(file: string): Promise<Control> {
  const durable = await openFile(file, 'FULL')
  let closed = false
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closed)
      throw new AnomstackError('CONTROL_FAILED', 'control database: it has been closed', { at: { file } })
    try {
      return await work()
    } catch (error) {
      throw sqliteFailure(error, file)
    }
  }
  const accessTo = (db: Kysely<ControlSchema>): ControlAccess => {
    // SQLite has one writer at a time.
    const commit = groupCommit(db)
    const write: ControlAccess['write'] = (change) => guarded(() => commit(change))
    return { read: (query) => guarded(() => query(db)), change: write, write, exclusive: write }
  }
  const opened = [durable]
  const shut = async () => {
    if (closed) return
    closed = true
    for (const { close } of opened) await close()
  }
  const access = accessTo(durable.db)
  try {
    await migrate(access, { engine: 'sqlite', at: { file } })
    const quick = await openFile(file, 'NORMAL')
    opened.unshift(quick)
    return { ...createStores({ access, records: accessTo(quick.db) }), close: shut }
  } catch (error) {
    await shut()
    throw error
  }
}

async function openFile(
  file: string,
  synchronous: Synchronous,
): Promise<{ db: Kysely<ControlSchema>; close: () => Promise<void> }> {
  let connection: Libsql.Database | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    connection = new Libsql(file)
    const opened = connection
    await configure(opened, synchronous)
    const db = new Kysely<ControlSchema>({ dialect: sqliteDialect(opened, file) })
    return {
      db,
      async close() {
        // Statements that are not collected yet keep SQLite from tidying up by itself.
        await db.connection().execute(async () => {
          try {
            opened.exec('PRAGMA wal_checkpoint(TRUNCATE)')
          } catch {
            // Somebody else reads or writes: the last one to close does it.
          }
        })
        await db.destroy()
      },
    }
  } catch (error) {
    connection?.close()
    throw sqliteFailure(error, file)
  }
}

async function configure(connection: Libsql.Database, synchronous: Synchronous): Promise<void> {
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
  // SQLite does not wait for a lock here, and another process may be doing the same.
  const giveUpAt = Date.now() + BUSY_TIMEOUT
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode = WAL')
      break
    } catch (error) {
      if (!sqliteCode(error).startsWith('SQLITE_BUSY') || Date.now() > giveUpAt) throw error
      await systemClock.sleep(20)
    }
  }
  connection.exec(
    `PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY`,
  )
}
