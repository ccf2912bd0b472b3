import { AnomstackError, messageOf } from '../core/errors.ts'

/** What to do about an error code of SQLite; extended codes start with one of these. */
const REMEDIES: readonly (readonly [code: string, problem: string])[] = [
  ['SQLITE_FULL', 'the disk is full: free some space; what was not written is tried again'],
  ['SQLITE_READONLY', 'the file is read-only: make it and its folder writable for this user'],
  [
    'SQLITE_NOTADB',
    'the file is not a SQLite database: restore a backup, or move the file away to start anew',
  ],
  ['SQLITE_CORRUPT', 'the file is damaged: restore a backup, or move the file away to start anew'],
  ['SQLITE_BUSY', 'another process has kept the file locked for too long: look for one that hangs'],
  ['SQLITE_LOCKED', 'another process has kept the file locked for too long: look for one that hangs'],
  ['SQLITE_IOERR', 'the disk failed to read or write: check its free space and its health'],
  [
    'SQLITE_CANTOPEN',
    'the file cannot be opened: check that its folder exists and is writable, and that it is not a folder itself',
  ],
]

/** What the same statement meets again. */
const LASTING = /^SQLITE_(NOTADB|CORRUPT|CONSTRAINT|TOOBIG|MISMATCH)/

/** SQLite's name of what went wrong; empty for errors that are not its own. */
export function sqliteCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code
  return messageOf(error).includes('Unable to open connection to local database') ? 'SQLITE_CANTOPEN' : ''
}

/** The `CONTROL_FAILED` error that says what happened to the control database in `file` and what to do; errors of our own stay as they are. */
export function sqliteFailure(error: unknown, file: string): AnomstackError {
  if (error instanceof AnomstackError) return error
  const code = sqliteCode(error)
  const remedy = REMEDIES.find(([prefix]) => code.startsWith(prefix))?.[1]
  const problem = remedy === undefined ? messageOf(error) : `${remedy} (${messageOf(error)})`
  return new AnomstackError('CONTROL_FAILED', `control database: ${problem}`, {
    at: { file },
    cause: error,
    retryable: !LASTING.test(code),
  })
}
