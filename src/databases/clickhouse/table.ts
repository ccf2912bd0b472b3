import type { MetricType } from '../../core/metric-row.ts'
import type { MetricSummary } from '../database.ts'
import { type Bind, statement } from '../tables/dialect.ts'
import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import {
  COLUMN_LIST,
  deleteBeforeStatement,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { ceilTime } from '../tables/time-range.ts'
import { CELL_FORMAT, cellRows } from './cells.ts'
import { quotedTable } from './dialect.ts'
import { keyLists, keysOf, sameKeys } from './keys.ts'
import { rowBlocks } from './rows.ts'
import type { ClickhouseSession } from './server.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Adds rows, all or none of them: what comes in one block is one part of the table. */
export async function insertRows(
  session: ClickhouseSession,
  table: string,
  series: readonly SeriesRows[],
): Promise<void> {
  const rows = String(rowCount(series))
  await session.insert(`INSERT INTO ${table} (${COLUMN_LIST}) FORMAT Native`, rowBlocks(series), {
    min_insert_block_size_rows: rows,
    max_insert_block_size: rows,
    min_insert_block_size_bytes: '0',
    max_insert_threads: '1',
  })
}

/** Returns how many rows there were. */
export async function deleteBefore(
  session: ClickhouseSession,
  parts: readonly string[],
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const shape = await shapeOf(session, parts)
  const { dialect } = shape
  const found = await count(
    session,
    shape,
    (bind) =>
      `metric_batch = ${bind(query.batch)} AND ${dialect.timestamp} < ${dialect.time(ceilTime(query.before), bind)}`,
  )
  if (found > 0) await session.tell(deleteBeforeStatement(dialect, quotedTable(parts), query))
  return found
}

/** Returns how many rows there were. */
export async function deleteRows(
  session: ClickhouseSession,
  parts: readonly string[],
  series: readonly SeriesRows[],
): Promise<number> {
  const shape = await shapeOf(session, parts)
  let deleted = 0
  for (const keys of keyLists(keysOf(series))) {
    const condition = (bind: Bind): string => sameKeys(shape.dialect, keys, bind)
    const found = await count(session, shape, condition)
    if (found > 0)
      await session.tell(
        statement(shape.dialect, (bind) => `DELETE FROM ${quotedTable(parts)} WHERE ${condition(bind)}`),
      )
    deleted += found
  }
  return deleted
}

async function count(
  session: ClickhouseSession,
  { dialect, source }: Shape,
  condition: (bind: Bind) => string,
): Promise<number> {
  const { body } = await session.ask(
    statement(dialect, (bind) => `SELECT count() FROM ${source} WHERE ${condition(bind)}`),
    { format: 'TabSeparated' },
  )
  return Number(body.toString())
}

/** Per batch and metric since a time. */
export async function summarize(
  session: ClickhouseSession,
  parts: readonly string[],
  query: { readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const { dialect, source } = await shapeOf(session, parts)
  const { body } = await session.ask(summaryStatement(dialect, source, query), {
    format: CELL_FORMAT,
  })
  return summariesOf(
    Array.from(cellRows(body) as Iterable<readonly unknown[]>, ([batch, name, type, amount, newest]) => ({
      batch: batch as string,
      name: name as string,
      type: type as MetricType,
      amount: amount as number,
      newest: newest as number,
    })),
  )
}
