import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'libsql'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import { createRedactor } from '../../core/redact.ts'
import type { SqliteConnection } from './connection.ts'
import type { SqliteFile } from './protocol.ts'

/** How long one process waits for another that reads the same copy. */
const LOCK_TIMEOUT_MS = 600_000

/**
 * Brings the copy of a server's database up to date and lets `work` read it. One process at a time does so, however many share the file: the lock is one that
 * ends with its process. Throws `CONNECTION_FAILED` when the server cannot be reached; an old copy is not read in its stead.
 */
export function withReplica<T>(file: SqliteFile, work: (connection: SqliteConnection) => T): T {
  mkdirSync(dirname(file.path), { recursive: true })
  const lock = new Database(`${file.path}.lock`, { timeout: LOCK_TIMEOUT_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    refresh(file)
    // It must not be written to, not even by a checkpoint: the log of the copy says how far it has come.
    const connection = new Database(file.path, { readonly: true })
    try {
      return work(connection)
    } finally {
      connection.close()
    }
  } finally {
    lock.close()
  }
}

function refresh({ path, replicaOf }: SqliteFile): void {
  const { url, authToken } = replicaOf!
  // libSQL would send what such a file holds to the server.
  if (existsSync(path) && !MARKS.some((mark) => existsSync(`${path}${mark}`)))
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `the file ${path} exists and is no copy of a Turso database: choose another replica_path`,
      { retryable: false },
    )
  try {
    try {
      synchronize(path, url, authToken)
      check(path)
    } catch (error) {
      // A copy that a killed process left half written is made again; of a server that does not answer nothing is deleted.
      if (!BROKEN.test(messageOf(error))) throw error
      removeCopy(path)
      synchronize(path, url, authToken)
    }
  } catch (error) {
    const redact = createRedactor([url, ...(authToken === undefined ? [] : [authToken])])
    throw new AnomstackError(
      'CONNECTION_FAILED',
      redact(
        `cannot bring the copy ${path} of the Turso database up to date: ${messageOf(error)}; check url and auth_token`,
      ),
    )
  }
}

/** What libSQL puts beside a copy, by either of its protocols. */
const MARKS = ['-info', '-client_wal_index']
const BROKEN = /malformed|corrupt|metadata|local state|not a database|wal index|frame/i

/** Throws when the file cannot be read as a database. */
function check(path: string): void {
  const connection = new Database(path, { readonly: true })
  try {
    connection.prepare('SELECT count(*) FROM sqlite_master').get()
  } finally {
    connection.close()
  }
}

function synchronize(path: string, url: string, authToken: string | undefined): void {
  const replica = new Database(path, {
    syncUrl: url.replace(/\/+$/, ''),
    ...(authToken === undefined ? {} : { authToken }),
  })
  try {
    replica.sync()
  } finally {
    replica.close()
  }
}

/** The file and what belongs to it, the lock aside. */
function removeCopy(path: string): void {
  const folder = dirname(path)
  for (const name of readdirSync(folder))
    if (name.startsWith(basename(path)) && name !== `${basename(path)}.lock`)
      rmSync(join(folder, name), { force: true })
}
