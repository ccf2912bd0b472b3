import {
  type ColumnDataType,
  type ColumnDefinitionBuilder,
  type RawBuilder,
  sql,
  type Transaction,
} from 'kysely'
import type { ControlSchema } from './schema.ts'

/** How an engine calls the types of columns that not all call the same. */
interface ColumnTypes {
  /** Sorts by bytes, whatever the language of the database is. */
  readonly text: ColumnDataType | RawBuilder<unknown>
  /** A whole number that the database counts up by itself. */
  readonly counted: ColumnDataType
  readonly counting: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
}

export const COLUMN_TYPES: Readonly<Record<'sqlite' | 'postgres', ColumnTypes>> = {
  sqlite: { text: 'text', counted: 'integer', counting: (column) => column.autoIncrement() },
  postgres: {
    text: sql`text COLLATE "C"`,
    counted: 'bigint',
    counting: (column) => column.generatedAlwaysAsIdentity(),
  },
}

type Migration = (db: Transaction<ControlSchema>, types: ColumnTypes) => Promise<void>

/** In order; the n-th leads to schema version n. A released one is never changed: add another. */
export const MIGRATIONS: readonly Migration[] = [createTables, addQueues, addNotices, addRecovery]

async function createTables({ schema }: Transaction<ControlSchema>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('executor')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('host', types.text, (column) => column.notNull())
    .addColumn('pid', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('run')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('job', types.text, (column) => column.notNull())
    .addColumn('batch', types.text, (column) => column.notNull())
    .addColumn('trigger', types.text, (column) => column.notNull())
    .addColumn('params', types.text)
    .addColumn('scheduled_for', 'bigint')
    .addColumn('idempotency_key', types.text, (column) => column.unique())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('losses', 'integer', (column) => column.notNull())
    .addColumn('queued_at', 'bigint', (column) => column.notNull())
    .addColumn('not_before', 'bigint')
    .addColumn('started_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('error', types.text)
    .addColumn('executor', types.text)
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
    .addColumn('run_id', types.text, (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('name', types.text, (column) => column.notNull())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('result', types.text)
    .addColumn('error', types.text)
    .addPrimaryKeyConstraint('step_key', ['run_id', 'attempt', 'position'])
    .execute()
  await schema
    .createTable('log')
    .addColumn('id', types.counted, (column) => types.counting(column.primaryKey()))
    .addColumn('run_id', types.text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('level', types.text, (column) => column.notNull())
    .addColumn('message', types.text, (column) => column.notNull())
    .addColumn('fields', types.text)
    .execute()
  await schema.createIndex('log_run').on('log').columns(['run_id', 'id']).execute()
  await schema
    .createTable('alert')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('batch', types.text, (column) => column.notNull())
    .addColumn('metric', types.text, (column) => column.notNull())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('timestamp', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision')
    .addColumn('score', 'double precision')
    .addColumn('reason', types.text, (column) => column.notNull())
    .addColumn('details', types.text, (column) => column.notNull())
    .addColumn('raised_at', 'bigint', (column) => column.notNull())
    .addColumn('revised_at', 'bigint')
    .addColumn('replayed', 'integer', (column) => column.notNull())
    .addUniqueConstraint('alert_once', ['batch', 'metric', 'kind', 'timestamp'])
    .execute()
  await schema.createIndex('alert_time').on('alert').columns(['timestamp', 'id']).execute()
  await schema.createIndex('alert_batch').on('alert').columns(['batch', 'timestamp', 'id']).execute()
  await schema
    .createTable('delivery')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('alert_id', types.text, (column) => column.notNull())
    .addColumn('channel', types.text, (column) => column.notNull())
    .addColumn('status', types.text, (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('available_at', 'bigint', (column) => column.notNull())
    .addColumn('leased_by', types.text)
    .addColumn('delivered_at', 'bigint')
    .addColumn('problem', types.text)
    .addUniqueConstraint('delivery_once', ['alert_id', 'channel'])
    .execute()
  await schema.createIndex('delivery_due').on('delivery').columns(['status', 'available_at', 'id']).execute()
  await schema
    .createTable('look')
    .addColumn('batch', types.text, (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}

async function addQueues({ schema }: Transaction<ControlSchema>, types: ColumnTypes): Promise<void> {
  const textColumn = (name: string, value: string) =>
    schema
      .alterTable('run')
      .addColumn(name, types.text, (column) => column.notNull().defaultTo(value))
      .execute()
  const count = (name: string) =>
    schema
      .alterTable('run')
      .addColumn(name, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  await textColumn('queue', 'ingest')
  await count('priority')
  await textColumn('resource', '')
  await textColumn('shard', '')
  await schema.alterTable('run').addColumn('parent', types.text).execute()
  await schema.alterTable('run').addColumn('resumes', types.text).execute()
  await count('failures')
  await count('dispatched')
  await count('handovers')
  await schema.dropIndex('run_one_running').execute()
  await schema
    .createIndex('run_one_running')
    .unique()
    .on('run')
    .columns(['job', 'batch', 'shard'])
    .where(sql.ref('status'), '=', sql.lit('running'))
    .execute()
  // Of queued runs only: ended ones, of which there are many more, cost them nothing. SQLite takes them for `run_status` only if they begin as that does.
  const isQueued = sql<boolean>`${sql.ref('status')} = ${sql.lit('queued')}`
  const isHandedOver = sql<boolean>`${sql.ref('dispatched')} > ${sql.ref('attempt')}`
  const isNotHandedOver = sql<boolean>`${sql.ref('dispatched')} <= ${sql.ref('attempt')}`
  await schema
    .createIndex('run_next')
    .on('run')
    .columns(['status', 'priority', 'id'])
    .where(isQueued)
    .execute()
  await schema
    .createIndex('run_next_handover')
    .on('run')
    .columns(['status', 'priority', 'id'])
    .where(isQueued)
    .where(isNotHandedOver)
    .execute()
  await schema
    .createIndex('run_handed_over')
    .on('run')
    .columns(['status', 'id'])
    .where(isQueued)
    .where(isHandedOver)
    .execute()
  await schema
    .createIndex('run_parent')
    .on('run')
    .columns(['parent', 'id'])
    .where(sql.ref('parent'), 'is not', null)
    .execute()
  await schema
    .createTable('start')
    .addColumn('run_id', types.text, (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('queue', types.text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('start_key', ['queue', 'at', 'run_id', 'attempt'])
    .execute()
  await schema
    .createTable('seen')
    .addColumn('batch', types.text, (column) => column.notNull())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('metrics', types.text, (column) => column.notNull())
    .addPrimaryKeyConstraint('seen_key', ['batch', 'kind'])
    .execute()
  await schema
    .createTable('schedule')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('paused', 'integer', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('tick')
    .addColumn('schedule', types.text, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('outcome', types.text, (column) => column.notNull())
    .addColumn('run_id', types.text)
    .addColumn('reason', types.text)
    .addPrimaryKeyConstraint('tick_key', ['schedule', 'at'])
    .execute()
  await schema
    .createTable('note')
    .addColumn('key', types.text, (column) => column.primaryKey())
    .addColumn('value', types.text, (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
}

async function addNotices({ schema }: Transaction<ControlSchema>, types: ColumnTypes): Promise<void> {
  await schema
    .createTable('notice')
    .addColumn('id', types.text, (column) => column.primaryKey())
    .addColumn('kind', types.text, (column) => column.notNull())
    .addColumn('subject', types.text, (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('phase', types.text, (column) => column.notNull())
    .addColumn('title', types.text, (column) => column.notNull())
    .addColumn('text', types.text, (column) => column.notNull())
    .addColumn('link', types.text)
    .addColumn('details', types.text, (column) => column.notNull())
    .addColumn('raised_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addUniqueConstraint('notice_once', ['kind', 'subject', 'since', 'phase'])
    .execute()
  await schema
    .createIndex('notice_one_open')
    .unique()
    .on('notice')
    .columns(['kind', 'subject'])
    .where(sql.ref('phase'), '=', sql.lit('open'))
    .where(sql.ref('ended_at'), 'is', null)
    .execute()
  await schema
    .createIndex('run_failed')
    .on('run')
    .column('ended_at')
    .where(sql.ref('status'), '=', sql.lit('failed'))
    .execute()
}

async function addRecovery({ schema }: Transaction<ControlSchema>): Promise<void> {
  await schema.alterTable('alert').addColumn('recovered_at', 'bigint').execute()
}
