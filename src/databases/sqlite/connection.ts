import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { SqliteFault, SqliteFile } from './protocol.ts'

export type SqliteConnection = Database.Database

const BUSY_TIMEOUT_MS = 10_000
const ATTEMPTS = 3

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Opens the file and makes its folder. Throws `CONNECTION_FAILED`. */
export function openSqlite({ path, maxMegabytes }: SqliteFile): SqliteConnection {
  let connection: SqliteConnection | undefined
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    connection = new Database(path, { timeout: BUSY_TIMEOUT_MS })
    connection.pragma('schema_version')
    makeConcurrent(connection)
    if (maxMegabytes !== undefined) limitSize(connection, maxMegabytes)
    return connection
  } catch (error) {
    connection?.close()
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `cannot open the SQLite file ${path}: ${messageOf(error)}; check that its folder can be written and that it is a SQLite file`,
      { retryable: codeOf(error).startsWith('SQLITE_BUSY') },
    )
  }
}

function makeConcurrent(connection: SqliteConnection): void {
  try {
    connection.pragma('journal_mode = WAL')
  } catch (error) {
    // A file that can only be read keeps its mode, and reading it is fine.
    if (!codeOf(error).startsWith('SQLITE_READONLY')) throw error
  }
  connection.pragma('journal_size_limit = 67108864')
  connection.pragma('cache_size = -16000')
}

function limitSize(connection: SqliteConnection, megabytes: number): void {
  const pageSize = connection.prepare('PRAGMA page_size').raw().get() as [number]
  connection.pragma(`max_page_count = ${Math.max(1, Math.floor((megabytes * 2 ** 20) / pageSize[0]))}`)
}

/** Runs writes as one transaction that waits its turn among all processes: all or nothing. */
export function atomically<T>(connection: SqliteConnection, work: () => T): T {
  begin(connection)
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk has rolled back already.
    if (connection.inTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function begin(connection: SqliteConnection): void {
  for (let attempt = 1; ; attempt++)
    try {
      connection.exec('BEGIN IMMEDIATE')
      return
    } catch (error) {
      if (attempt === ATTEMPTS || !codeOf(error).startsWith('SQLITE_BUSY')) throw error
    }
}

/** Reads that all see the same state of the file. */
export function consistently<T>(connection: SqliteConnection, work: () => T): T {
  connection.exec('BEGIN')
  try {
    return work()
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK')
  }
}

const HINTS: readonly (readonly [string, string])[] = [
  ['SQLITE_BUSY', 'another program holds the file; it was waited for'],
  ['SQLITE_FULL', 'the disk, or the limit max_megabytes, is full'],
  ['SQLITE_READONLY', 'the file or its folder cannot be written'],
]

/** What a request's failure is called in the contract. */
export function sqliteFault(error: unknown, writes: boolean): SqliteFault {
  if (error instanceof AnomstackError)
    return { code: error.code, problem: error.problem, retryable: error.retryable }
  const code = codeOf(error)
  const hint = HINTS.find(([prefix]) => code.startsWith(prefix))
  const problem = hint === undefined ? messageOf(error) : `${messageOf(error)} (${hint[1]})`
  if (
    code.startsWith('SQLITE_NOTADB') ||
    code.startsWith('SQLITE_CANTOPEN') ||
    code.startsWith('SQLITE_CORRUPT')
  )
    return { code: 'CONNECTION_FAILED', problem, retryable: false }
  const mayPass = /^SQLITE_(BUSY|LOCKED|FULL|IOERR)/.test(code)
  return { code: writes ? 'WRITE_FAILED' : 'QUERY_FAILED', problem: `SQLite: ${problem}`, retryable: mayPass }
}
