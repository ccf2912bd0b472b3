import { type Kysely, sql } from 'kysely'
import { AnomstackError, type ErrorPlace } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import { COLUMN_TYPES, MIGRATIONS } from './migrations.ts'
import type { ControlSchema } from './schema.ts'

/** What a migration has to know of the database that it changes. */
export interface MigrationOptions {
  readonly engine: keyof typeof COLUMN_TYPES
  /** For messages. */
  readonly at: ErrorPlace
}

const VERSION_KEY = 'schema_version'

/** Whether the first table of all is there, in our own schema. */
const IS_BEGUN = {
  sqlite: sql<{
    readonly name: string
  }>`SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'meta'`,
  postgres: sql<{ readonly name: string }>`SELECT 'meta' AS name WHERE to_regclass('meta') IS NOT NULL`,
}

/** Brings the schema up to date, each migration in a transaction of its own; of several processes, one does each. Errors: `CONTROL_FAILED`. */
export async function migrate(access: ControlAccess, { engine, at }: MigrationOptions): Promise<void> {
  const currentVersion = async (db: Kysely<ControlSchema>): Promise<number> => {
    const { rows } = await IS_BEGUN[engine].execute(db)
    if (rows.length === 0) return 0
    const row = await db.selectFrom('meta').select('value').where('key', '=', VERSION_KEY).executeTakeFirst()
    return row === undefined ? 0 : Number(row.value)
  }
  const types = COLUMN_TYPES[engine]
  const newest = MIGRATIONS.length
  let version = await access.read(currentVersion)
  while (version < newest) {
    version = await access.exclusive(async (db) => {
      await db.schema
        .createTable('meta')
        .ifNotExists()
        .addColumn('key', types.text, (column) => column.primaryKey())
        .addColumn('value', types.text, (column) => column.notNull())
        .execute()
      const current = await currentVersion(db)
      const migration = MIGRATIONS[current]
      if (migration === undefined) return current
      await migration(db, types)
      const value = String(current + 1)
      await db
        .insertInto('meta')
        .values({ key: VERSION_KEY, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
      return current + 1
    })
  }
  if (version > newest)
    throw new AnomstackError(
      'CONTROL_FAILED',
      `control database: a newer version of anomstack made it (schema ${version}; this version knows ${newest}): install that version or a newer one`,
      { at, retryable: false },
    )
}
