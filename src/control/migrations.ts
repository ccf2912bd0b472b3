import { type Kysely, sql, type Transaction } from 'kysely'
import { AnomstackError } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import type { ControlSchema } from './schema.ts'

type Migration = (db: Transaction<ControlSchema>) => Promise<void>

/** In order; the n-th leads to schema version n. A released one is never changed: add another. */
const MIGRATIONS: readonly Migration[] = [createTables, addQueues]

const VERSION_KEY = 'schema_version'

/** Brings the schema up to date, each migration in a transaction of its own; of several processes, one does each. Errors: `CONTROL_FAILED`. */
export async function migrate(access: ControlAccess, file: string): Promise<void> {
  const newest = MIGRATIONS.length
  let version = await access.read(currentVersion)
  while (version < newest) {
    version = await access.exclusive(async (db) => {
      await db.schema
        .createTable('meta')
        .ifNotExists()
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute()
      const current = await currentVersion(db)
      const migration = MIGRATIONS[current]
      if (migration === undefined) return current
      await migration(db)
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
      { at: { file }, retryable: false },
    )
}

async function currentVersion(db: Kysely<ControlSchema>): Promise<number> {
  const tables = await db.introspection.getTables()
  if (!tables.some((table) => table.name === 'meta')) return 0
  const row = await db.selectFrom('meta').select('value').where('key', '=', VERSION_KEY).executeTakeFirst()
  return row === undefined ? 0 : Number(row.value)
}

async function createTables({ schema }: Transaction<ControlSchema>): Promise<void> {
  await schema
    .createTable('executor')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('pid', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('run')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('job', 'text', (column) => column.notNull())
    .addColumn('batch', 'text', (column) => column.notNull())
    .addColumn('trigger', 'text', (column) => column.notNull())
    .addColumn('params', 'text')
    .addColumn('scheduled_for', 'bigint')
    .addColumn('idempotency_key', 'text', (column) => column.unique())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('losses', 'integer', (column) => column.notNull())
    .addColumn('queued_at', 'bigint', (column) => column.notNull())
    .addColumn('not_before', 'bigint')
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('error', 'text')
    .addColumn('executor', 'text')
    .addColumn('cancel_requested', 'integer', (column) => column.notNull())
    .execute()
  await schema.createIndex('run_status').on('run').columns(['status', 'id']).execute()
  await schema.createIndex('run_batch').on('run').columns(['batch', 'id']).execute()
  await schema.createIndex('run_job').on('run').columns(['job', 'batch', 'status', 'id']).execute()
  await schema.createIndex('run_tick').on('run').columns(['job', 'batch', 'scheduled_for']).execute()
  // The rule that claiming follows, kept by the database as well.
  await schema
    .createIndex('run_one_running')
    .unique()
    .on('run')
    .columns(['job', 'batch'])
    .where(sql.ref('status'), '=', sql.lit('running'))
    .execute()
  await schema
    .createTable('step')
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('result', 'text')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('step_key', ['run_id', 'attempt', 'position'])
    .execute()
  await schema
    .createTable('log')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('level', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('fields', 'text')
    .execute()
  await schema.createIndex('log_run').on('log').columns(['run_id', 'id']).execute()
  await schema
    .createTable('alert')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('batch', 'text', (column) => column.notNull())
    .addColumn('metric', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('timestamp', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision')
    .addColumn('score', 'double precision')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('details', 'text', (column) => column.notNull())
    .addColumn('raised_at', 'bigint', (column) => column.notNull())
    .addColumn('revised_at', 'bigint')
    .addColumn('replayed', 'integer', (column) => column.notNull())
    .addUniqueConstraint('alert_once', ['batch', 'metric', 'kind', 'timestamp'])
    .execute()
  await schema.createIndex('alert_time').on('alert').columns(['timestamp', 'id']).execute()
  await schema.createIndex('alert_batch').on('alert').columns(['batch', 'timestamp', 'id']).execute()
  await schema
    .createTable('delivery')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('alert_id', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('available_at', 'bigint', (column) => column.notNull())
    .addColumn('leased_by', 'text')
    .addColumn('delivered_at', 'bigint')
    .addColumn('problem', 'text')
    .addUniqueConstraint('delivery_once', ['alert_id', 'channel'])
    .execute()
  await schema.createIndex('delivery_due').on('delivery').columns(['status', 'available_at', 'id']).execute()
  await schema
    .createTable('look')
    .addColumn('batch', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}

async function addQueues({ schema }: Transaction<ControlSchema>): Promise<void> {
  const text = (name: string, value: string) =>
    schema
      .alterTable('run')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(value))
      .execute()
  const count = (name: string) =>
    schema
      .alterTable('run')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  await text('queue', 'ingest')
  await count('priority')
  await text('resource', '')
  await text('shard', '')
  await schema.alterTable('run').addColumn('parent', 'text').execute()
  await schema.alterTable('run').addColumn('resumes', 'text').execute()
  await count('failures')
  await count('dispatched')
  await schema.dropIndex('run_one_running').execute()
  await schema
    .createIndex('run_one_running')
    .unique()
    .on('run')
    .columns(['job', 'batch', 'shard'])
    .where(sql.ref('status'), '=', sql.lit('running'))
    .execute()
  await schema.createIndex('run_next').on('run').columns(['status', 'priority', 'id']).execute()
  await schema.createIndex('run_parent').on('run').columns(['parent', 'id']).execute()
  await schema
    .createTable('seen')
    .addColumn('batch', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('metrics', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('seen_key', ['batch', 'kind'])
    .execute()
  await schema
    .createTable('schedule')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('paused', 'integer', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('tick')
    .addColumn('schedule', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text')
    .addColumn('reason', 'text')
    .addPrimaryKeyConstraint('tick_key', ['schedule', 'at'])
    .execute()
  await schema
    .createTable('note')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
}
