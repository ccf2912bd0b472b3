import { createHash } from 'node:crypto'
import { AnomstackError } from '../../core/errors.ts'
import type { MetricSummary } from '../database.ts'
import type { Statement } from '../tables/dialect.ts'
import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import {
  COLUMN_LIST,
  deleteBeforeStatement,
  namesStatement,
  type SummaryRow,
  sameKey,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { exactText, mysqlTableDialect } from './dialect.ts'
import { isError } from './errors.ts'
import type { MysqlTable } from './names.ts'
import { readingOf } from './reading.ts'
import { insertRows, MAX_BOUND_ROWS, type Target } from './rows.ts'
import type { MysqlSession } from './session.ts'
import { COLUMNS, exactCollation, type Shape, shapeOf } from './shape.ts'

/** Writers of the same rows are chosen as victims of a deadlock one by one, so some of them try more than once. */
const ATTEMPTS = 20
const STAGE = 'anomstack_rows'

/** A column of type TIMESTAMP may be set to the present by every update that does not mention it. */
const UPDATED = ['metric_value', 'metadata', 'metric_timestamp']
const ON_DUPLICATE = `ON DUPLICATE KEY UPDATE ${UPDATED.map((column) => `${column} = VALUES(${column})`).join(', ')}`

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  session: MysqlSession,
  table: MysqlTable,
  series: readonly SeriesRows[],
): Promise<void> {
  const shape = await shapeOf(session, table)
  checkFit(series, table, shape)
  if (!shape.keyed) return locked(session, table, () => mergeStaged(session, table, series))
  const target: Target = { table: table.quoted, onDuplicate: ON_DUPLICATE, replaces: shape.bare }
  await (rowCount(series) <= MAX_BOUND_ROWS
    ? persistently(session, () => insertRows(session, series, target))
    : inTransaction(session, () => insertRows(session, series, target)))
}

/** Returns how many rows there were. */
export async function deleteRows(
  session: MysqlSession,
  table: MysqlTable,
  series: readonly SeriesRows[],
): Promise<number> {
  const matching = await matchingOf(session, table)
  await stage(session, series)
  return inTransaction(
    session,
    async () =>
      (await session.change(`DELETE t FROM ${table.quoted} AS t JOIN ${STAGE} AS s ON ${matching}`)).rows,
  )
}

/** Returns how many rows there were. */
export async function deleteBefore(
  session: MysqlSession,
  table: MysqlTable,
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const { reading } = await readingOf(session, table)
  const { text, values } = deleteBeforeStatement(mysqlTableDialect(reading), table.quoted, query)
  return persistently(session, async () => (await session.change(text, values)).rows)
}

/** Per batch and metric since a time. */
export async function summarize(
  session: MysqlSession,
  table: MysqlTable,
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { reading, source } = await readingOf(session, table)
  return summariesOf(
    await found<SummaryRow>(session, summaryStatement(mysqlTableDialect(reading), source, query)),
  )
}

/** Through the index, from name to name. */
export async function readNames(
  session: MysqlSession,
  table: MysqlTable,
  batch: string,
): Promise<readonly string[]> {
  const { reading, source } = await readingOf(session, table)
  const rows = await found<{ name: string }>(
    session,
    namesStatement(mysqlTableDialect(reading), source, batch),
  )
  return rows.map(({ name }) => name)
}

function found<Row>(session: MysqlSession, { text, values }: Statement): Promise<readonly Row[]> {
  return session.rows<Row>(text, values)
}

/** Throws `ROWS_INVALID` for rows that the table's columns would cut: the engine does so for rows that come by a file, and rounds times in silence. */
function checkFit(series: readonly SeriesRows[], table: MysqlTable, { lengths, precision }: Shape): void {
  const step = 10 ** Math.max(0, 3 - precision)
  for (const { batch, name, type, timestamps } of series) {
    const at = { batch: batch.slice(0, 100), metric: name.slice(0, 100) }
    for (const [column, text] of [
      ['metric_batch', batch],
      ['metric_name', name],
      ['metric_type', type],
    ] as const) {
      const most = lengths.get(column) ?? Number.POSITIVE_INFINITY
      if (text.length > most && Array.from(text).length > most)
        throw new AnomstackError(
          'ROWS_INVALID',
          `its ${column} is longer than the ${most} characters that the table ${table.shown} holds`,
          { at },
        )
    }
    if (step > 1 && timestamps.some((timestamp) => timestamp % step !== 0))
      throw new AnomstackError(
        'ROWS_INVALID',
        `the column metric_timestamp of ${table.shown} does not hold milliseconds: ALTER TABLE ${table.quoted} MODIFY metric_timestamp DATETIME(3)`,
        { at },
      )
  }
}

/** The condition that a row `t` of the table and one `s` of the temporary table have one key. */
async function matchingOf(session: MysqlSession, table: MysqlTable): Promise<string> {
  const { collation } = (await readingOf(session, table)).reading
  if (collation === undefined) return sameKey('t', 's')
  const texts = ['metric_batch', 'metric_name', 'metric_type']
  return [
    ...texts.map((column) => `${exactText(`t.${column}`, collation)} = s.${column}`),
    't.metric_timestamp = s.metric_timestamp',
  ].join(' AND ')
}

/** Fills a temporary table, which ends with the session. */
async function stage(session: MysqlSession, series: readonly SeriesRows[]): Promise<void> {
  await session.change(
    `CREATE TEMPORARY TABLE ${STAGE} (${COLUMNS}) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${await exactCollation(session)}`,
  )
  await inTransaction(session, () =>
    insertRows(session, series, { table: STAGE, onDuplicate: '', replaces: true }),
  )
}

/** For a table without a key, under a lock. */
async function mergeStaged(
  session: MysqlSession,
  table: MysqlTable,
  series: readonly SeriesRows[],
): Promise<void> {
  const matching = await matchingOf(session, table)
  await stage(session, series)
  await inTransaction(session, async () => {
    const changes = UPDATED.map((column) => `t.${column} = s.${column}`).join(', ')
    await session.change(`UPDATE ${table.quoted} AS t JOIN ${STAGE} AS s ON ${matching} SET ${changes}`)
    await session.change(
      `INSERT INTO ${table.quoted} (${COLUMN_LIST}) SELECT ${COLUMN_LIST} FROM ${STAGE} AS s
       WHERE NOT EXISTS (SELECT 1 FROM ${table.quoted} AS t WHERE ${matching})`,
    )
  })
}

/** Lets one writer of a table at a time pass, of all who write with this program; what else would keep two from inserting the same row commits by itself. */
async function locked(session: MysqlSession, table: MysqlTable, work: () => Promise<void>): Promise<void> {
  const [database] = await session.rows<{ name: string | null }>('SELECT DATABASE() AS name')
  const text = `${table.schema ?? database?.name ?? ''}.${table.quoted}`
  const name = `anomstack ${createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 40)}`
  await session.rows('SELECT GET_LOCK(?, 31536000)', [name])
  await work()
  await session.rows('SELECT RELEASE_LOCK(?)', [name])
}

async function persistently<T>(session: MysqlSession, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      session.check()
      if (attempt === ATTEMPTS || !isError(error, 'conflict')) throw error
    }
}

function inTransaction<T>(session: MysqlSession, work: () => Promise<T>): Promise<T> {
  return persistently(session, async () => {
    await session.change('START TRANSACTION')
    try {
      const result = await work()
      await session.change('COMMIT')
      return result
    } catch (error) {
      // The session is given up anyway when this fails.
      await session.rollback().catch(() => {})
      throw error
    }
  })
}
