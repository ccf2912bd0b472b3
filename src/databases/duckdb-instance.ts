import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { createTurns, type Turns } from './turns.ts'

/** One open DuckDB file. DuckDB lets a process open a file once, so everybody who uses the file shares it. */
export interface SharedInstance {
  /** A new connection, for the caller to close. Throws `CONNECTION_FAILED`. */
  connect(): Promise<DuckDBConnection>
  /** Writers go one after the other: DuckDB would refuse all but one of those that touch the same rows. */
  readonly writers: Turns
  /** Tables that hold duplicates, so that no unique index need be tried again. */
  readonly withDuplicates: Set<string>
}

interface Entry extends SharedInstance {
  users: number
  instance: Promise<DuckDBInstance> | undefined
}

const entries = new Map<string, Entry>()

/** Marks the file as used. `path` is absolute, `:memory:` (which is not shared) or an address such as `md:name`. */
export function acquireInstance(path: string): SharedInstance {
  const existing = path === ':memory:' ? undefined : entries.get(path)
  if (existing !== undefined) {
    existing.users += 1
    return existing
  }
  const entry: Entry = {
    users: 1,
    instance: undefined,
    writers: createTurns(),
    withDuplicates: new Set(),
    connect: async () => {
      entry.instance ??= openInstance(path)
      try {
        const connection = await (await entry.instance).connect()
        // Sessions in UTC: a timestamp without zone means UTC here, and casts must not depend on the machine.
        await connection.run("SET TimeZone = 'UTC'")
        return connection
      } catch (error) {
        entry.instance = undefined
        throw error
      }
    },
  }
  if (path !== ':memory:') entries.set(path, entry)
  return entry
}

/** Closes the file when its last user lets go. */
export async function releaseInstance(path: string, shared: SharedInstance): Promise<void> {
  const entry = shared as Entry
  entry.users -= 1
  if (entry.users > 0) return
  if (entries.get(path) === entry) entries.delete(path)
  const instance = await entry.instance?.catch(() => undefined)
  instance?.closeSync()
}

async function openInstance(path: string): Promise<DuckDBInstance> {
  try {
    if (path !== ':memory:' && !path.startsWith('md:')) mkdirSync(dirname(path), { recursive: true })
    return await DuckDBInstance.create(path)
  } catch (error) {
    throw openingFailed(path, error)
  }
}

function openingFailed(path: string, error: unknown): AnomstackError {
  const message = messageOf(error)
  const holder = /Conflicting lock is held in (.+? \(PID \d+\))/.exec(message)?.[1]
  if (holder === undefined && !message.includes('Could not set lock'))
    return new AnomstackError(
      'CONNECTION_FAILED',
      `cannot open the DuckDB database ${path}: ${message.split('\n')[0]}`,
      {
        retryable: false,
      },
    )
  return new AnomstackError(
    'CONNECTION_FAILED',
    `the DuckDB file ${path} is in use by another process${holder === undefined ? '' : `, ${holder}`}: DuckDB lets one process at a time open a file; stop that process, or let it answer`,
  )
}
