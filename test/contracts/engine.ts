import { tmpdir } from 'node:os'
import type { Database } from '../../src/databases/database.ts'
import { databases } from '../../src/databases/index.ts'

/** One kind of database under test. */
export interface Engine {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
  /** Options of a new, empty database. */
  freshOptions(): Promise<Record<string, unknown>>
  /** A statement that would run for very long. */
  readonly endless: string
  /** SQL that makes a table as the original made it, given its name, and fills it by `VALUES`. */
  readonly originalTable: (name: string) => string
  /** What the engine's catalog calls the column of timestamps; `time` when not given. */
  readonly timestampKind?: 'other'
  /** Names of tables that the engine can hold, as odd as they come; those that most engines can hold when not given. */
  readonly tableNames?: readonly string[]
  /** The suite's own statements as the engine writes them: with other quotes, other names of types. */
  readonly translated?: (sql: string) => string
  /** How long names may be, as the refusal of a longer one says; 2500 when not given. */
  readonly longestName?: string
  /** How the engine's catalog and messages spell a name that was written without quotes; as it was written when not given. */
  readonly spelled?: (name: string) => string
  /** Of engines that are reached through a network. */
  readonly network?: Network
  /** Opens what stands for a kind that tests cannot reach, in place of the kind itself. */
  readonly open?: (options: Record<string, unknown>) => Database
  /** Checks that the engine cannot meet, with the reason. */
  readonly exemptions: Readonly<Record<string, string>>
}

type Options = Record<string, unknown>

/** How a connection can fail; `fresh` are options that work. */
export interface Network {
  /** What is wrong -> options, and what the message says of it. */
  refused(fresh: Options): Readonly<Record<string, { readonly options: Options; readonly says: RegExp }>>
  /** What no error may show. */
  secrets(fresh: Options): readonly string[]
  /** How often each is tried; more often than there are connections to use up, where there are. Once when not given. */
  readonly tries?: number
  /** Options that lead to another port of this machine. */
  at(port: number, fresh: Options): Options
  /** Where the server can be stopped and started, and tells how many statements such as `endless` it runs. */
  readonly restarting?: { restart(): Promise<void>; running(): Promise<number> }
}

/** A database of this kind with validated options. */
export function open(engine: Engine, options: Record<string, unknown>, projectDir = tmpdir()): Database {
  if (engine.open !== undefined) return engine.open(options)
  const definition = databases.get(engine.name)!
  return definition.create(definition.options.parse(options), { projectDir })
}
