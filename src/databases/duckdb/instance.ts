import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import { createRedactor } from '../../core/redact.ts'
import { createTurns, type Turns } from '../turns.ts'

/** Where a DuckDB database is. */
export interface DuckdbPlace {
  /** Absolute path of a file, `:memory:` (which is not shared), or an address such as `md:name`. */
  readonly path: string
  /** Settings to open it with; they may be secret. */
  readonly config?: Readonly<Record<string, string>>
  /** Set where it takes no keys: rows are then unique by the way of writing. */
  readonly keyless?: true
}

/** One open DuckDB file. DuckDB lets a process open a file once, so everybody who uses the file shares it. */
export interface SharedInstance {
  /** A new connection, for the caller to close. Throws `CONNECTION_FAILED`. */
  connect(): Promise<DuckDBConnection>
  /** Writers go one after the other: DuckDB would refuse all but one of those that touch the same rows. */
  readonly writers: Turns
  /** Tables that hold duplicates, so that no unique index need be tried again. */
  readonly withDuplicates: Set<string>
  /** Whether the database takes no keys, as given or as it has said. */
  keyless: boolean
}

interface Entry extends SharedInstance {
  users: number
  instance: Promise<DuckDBInstance> | undefined
}

const entries = new Map<string, Entry>()

/** One for each place and its settings. */
function keyOf({ path, config }: DuckdbPlace): string {
  return config === undefined ? path : `${path}\0${JSON.stringify(config)}`
}

/** Marks the file as used. */
export function acquireInstance(place: DuckdbPlace): SharedInstance {
  const key = keyOf(place)
  const inMemory = place.path === ':memory:'
  const existing = inMemory ? undefined : entries.get(key)
  if (existing !== undefined) {
    existing.users += 1
    return existing
  }
  const entry: Entry = {
    users: 1,
    instance: undefined,
    writers: createTurns(),
    withDuplicates: new Set(),
    keyless: place.keyless ?? false,
    connect: async () => {
      entry.instance ??= openInstance(place)
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
  if (!inMemory) entries.set(key, entry)
  return entry
}

/** Closes the file when its last user lets go. */
export async function releaseInstance(place: DuckdbPlace, shared: SharedInstance): Promise<void> {
  const entry = shared as Entry
  entry.users -= 1
  if (entry.users > 0) return
  const key = keyOf(place)
  if (entries.get(key) === entry) entries.delete(key)
  const instance = await entry.instance?.catch(() => undefined)
  instance?.closeSync()
}

async function openInstance({ path, config }: DuckdbPlace): Promise<DuckDBInstance> {
  const remote = path.startsWith('md:')
  try {
    if (path !== ':memory:' && !remote) mkdirSync(dirname(path), { recursive: true })
    return await DuckDBInstance.create(path, config === undefined ? undefined : { ...config })
  } catch (error) {
    throw remote ? motherduckFailed(path, error, Object.values(config ?? {})) : openingFailed(path, error)
  }
}

function motherduckFailed(path: string, error: unknown, secrets: readonly string[]): AnomstackError {
  const message = createRedactor(secrets)(messageOf(error)).split('\n')[0]!
  const noExtension = /extension/i.test(message)
  return new AnomstackError(
    'CONNECTION_FAILED',
    `cannot open the MotherDuck database ${path}: ${message}; ${
      noExtension
        ? "DuckDB downloads its extension motherduck at first use: let this machine reach extensions.duckdb.org, or put the extension into the folder that DuckDB's extension_directory names"
        : 'check the token and the name of the database'
    }`,
    { retryable: noExtension || !/token|auth|not found|does not exist|no database/i.test(message) },
  )
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
