import type { PluginCatalog } from '../core/plugin.ts'
import type { DatabaseDefinition } from './database.ts'
import { duckdb } from './duckdb.ts'
import { postgres } from './postgres.ts'
import { sqlite } from './sqlite.ts'

const definitions: readonly DatabaseDefinition[] = [sqlite, duckdb, postgres]

/** Every kind of database by name. */
export const databases: PluginCatalog<DatabaseDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
)
