import type { PluginCatalog } from '../core/plugin.ts'
import { bigquery } from './bigquery.ts'
import { clickhouse } from './clickhouse.ts'
import type { DatabaseDefinition } from './database.ts'
import { duckdb } from './duckdb.ts'
import { files } from './files.ts'
import { mariadb } from './mariadb.ts'
import { motherduck } from './motherduck.ts'
import { mysql } from './mysql.ts'
import { postgres } from './postgres.ts'
import { prometheus } from './prometheus.ts'
import { redshift } from './redshift.ts'
import { snowflake } from './snowflake.ts'
import { sqlite } from './sqlite.ts'
import { turso } from './turso.ts'

const definitions: readonly DatabaseDefinition[] = [
  sqlite,
  duckdb,
  motherduck,
  postgres,
  mysql,
  mariadb,
  redshift,
  turso,
  clickhouse,
  snowflake,
  bigquery,
  prometheus,
  files,
]

/** Every kind of database by name. */
export const databases: PluginCatalog<DatabaseDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
)
