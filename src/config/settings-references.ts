import type { BatchSettings } from './batch-settings.ts'
import type { Calendars } from './calendar-effects.ts'
import { listNames, nearest } from './faults.ts'
import type { Note } from './note.ts'

/** What settings may name. */
export interface Known {
  /** Usable connections and kinds. */
  readonly databases: Named
  readonly storages: Named
  readonly channels: ReadonlySet<string>
  /** Those of the databases that cannot hold a metrics table. */
  readonly readOnlyDatabases: ReadonlySet<string>
  /** Those of the databases that are asked in SQL. */
  readonly sqlDatabases: ReadonlySet<string>
  /** Whether there is a key for hashes of `anonymize`. */
  readonly hashes: boolean
  readonly calendars: Calendars
}

export interface Named {
  readonly ready: ReadonlySet<string>
  /** Names that are known but not usable -> why. */
  readonly unusable: ReadonlyMap<string, string>
}

function checkNamed(
  path: readonly PropertyKey[],
  name: string,
  noun: string,
  known: Named,
  note: Note,
): void {
  if (known.ready.has(name)) return
  const why = known.unusable.get(name)
  const all = [...known.ready, ...known.unusable.keys()].sort()
  if (why !== undefined)
    note(path, { message: `${String(path[0])}: ${noun} "${name}" cannot be used: ${why}` })
  else
    note(path, {
      message: `${String(path[0])}: unknown ${noun} "${name}"; known: ${listNames(all)}`,
      suggestion: nearest(name, all),
    })
}

function checkChannels(
  key: 'alert_methods' | 'tholdalert_methods',
  settings: BatchSettings,
  known: Known,
  note: Note,
): void {
  for (const name of settings[key].split(',').map((part) => part.trim()))
    if (name !== '' && !known.channels.has(name))
      note([key], {
        message: `${key}: unknown channel "${name}"; known: ${listNames(known.channels)}`,
        suggestion: nearest(name, known.channels),
      })
}

/** Checks that the database, storage and channels of a batch are there. `isSet` tells which keys the user has set: default channels may be missing. */
export function checkReferences(
  settings: BatchSettings,
  known: Known,
  isSet: (key: string) => boolean,
  note: Note,
): void {
  checkNamed(['db'], settings.db, 'database or connection', known.databases, note)
  if (known.readOnlyDatabases.has(settings.db))
    note(['db'], {
      message: `db: "${settings.db}" can only be read; name it in ingest_db, and in db the database that is to hold the metrics table`,
    })
  if (settings.ingest_db !== null)
    checkNamed(['ingest_db'], settings.ingest_db, 'database or connection', known.databases, note)
  const source = settings.ingest_db ?? settings.db
  if (settings.sql_dialect !== null && known.databases.ready.has(source) && !known.sqlDatabases.has(source))
    note(['sql_dialect'], { message: `sql_dialect: "${source}" is not asked in SQL; leave it out` })
  if (!known.hashes && settings.anonymize.some(({ how }) => how === 'hash'))
    note(['anonymize'], {
      message: 'anonymize: hash needs a secret key of at least 16 characters: set ANOMSTACK_ANONYMIZE_KEY',
    })
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(settings.model_path)?.[1]
  if (scheme === undefined)
    note(['model_path'], {
      message: 'model_path: expected a storage and a location, such as local://./models',
    })
  else checkNamed(['model_path'], scheme, 'storage', known.storages, note)
  for (const [index, { use }] of settings.calendars.entries())
    if (!known.calendars.has(use))
      note(['calendars', index, 'use'], {
        message: `calendars: unknown calendar "${use}"; ${known.calendars.size === 0 ? 'anomstack.yaml has none' : `known: ${listNames(known.calendars.keys())}`}`,
        suggestion: nearest(use, known.calendars.keys()),
      })
  for (const key of ['alert_methods', 'tholdalert_methods'] as const)
    if (isSet(key)) checkChannels(key, settings, known, note)
}
