import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely } from 'kysely'
import Libsql from 'libsql'
import { systemClock } from '../core/clock.ts'
import { AnomstackError } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import type { Control } from './control.ts'
import { controlFailure, sqliteCode } from './control-failure.ts'
import { migrate } from './migrations.ts'
import type { ControlSchema } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { createStores } from './stores.ts'

const BUSY_TIMEOUT = 10_000

/** Opens the control database in a SQLite file, making or upgrading it as needed; any number of processes may have it open. Errors: `CONTROL_FAILED`. */
export async function openControl(file: string): Promise<Control> {
  const { db, close } = await openFile(file)
  let closed = false
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closed)
      throw new AnomstackError('CONTROL_FAILED', 'control database: it has been closed', { at: { file } })
    try {
      return await work()
    } catch (error) {
      throw controlFailure(error, file)
    }
  }
  // SQLite has one writer at a time.
  const write: ControlAccess['write'] = (change) => guarded(() => db.transaction().execute(change))
  const access: ControlAccess = { read: (query) => guarded(() => query(db)), write, exclusive: write }
  const shut = async () => {
    if (closed) return
    closed = true
    await close()
  }
  try {
    await migrate(access, file)
  } catch (error) {
    await shut()
    throw error
  }
  return { ...createStores(access), close: shut }
}

async function openFile(file: string): Promise<{ db: Kysely<ControlSchema>; close: () => Promise<void> }> {
  let connection: Libsql.Database | undefined
  try {
    mkdirSync(dirname(file), { recursive: true })
    connection = new Libsql(file)
    const opened = connection
    await configure(opened)
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
    throw controlFailure(error, file)
  }
}

async function configure(connection: Libsql.Database): Promise<void> {
  // FULL syncs each commit: a delivery that is recorded as sent stays so through a power cut.
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
    'PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY',
  )
}
