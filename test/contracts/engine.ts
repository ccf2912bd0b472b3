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
  /** Checks that the engine cannot meet, with the reason. */
  readonly exemptions: Readonly<Record<string, string>>
}

/** A database of this kind with validated options. */
export function open(engine: Engine, options: Record<string, unknown>, projectDir = tmpdir()): Database {
  const definition = databases.get(engine.name)!
  return definition.create(definition.options.parse(options), { projectDir })
}
