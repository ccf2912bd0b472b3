import { statement, type TableDialect } from '../tables/dialect.ts'
import { checkColumns, isKey, KEY_COLUMNS } from '../tables/metric-columns.ts'
import { CELL_FORMAT, cellRows } from './cells.ts'
import { clickhouseDialect, quotedTable } from './dialect.ts'
import type { ClickhouseSession } from './server.ts'

/** What there is under a table's name. */
export interface Shape {
  readonly exists: boolean
  /** Whether the engine keeps the last row of each key. Otherwise there may be several. */
  readonly keyed: boolean
  /** The dialect for its column of timestamps. */
  readonly dialect: TableDialect
  /** How exactly that column keeps times, in milliseconds: what comes between two of its steps is written as the earlier. */
  readonly stepMs: number
  /** What statements read from: the last row of each key, where the engine keeps those. */
  readonly source: string
}

const UNWRAP = /^(?:Nullable|LowCardinality)\((.*)\)$/

function plainType(type: string): string {
  const inner = UNWRAP.exec(type)?.[1]
  return inner === undefined ? type : plainType(inner)
}

function timeOf(type: string): Pick<Shape, 'dialect' | 'stepMs'> {
  const plain = plainType(type)
  const digits = Number(/^DateTime64\((\d)/.exec(plain)?.[1] ?? 0)
  if (digits === 3) return { dialect: clickhouseDialect, stepMs: 1 }
  const timestamp =
    plain === 'String'
      ? "parseDateTime64BestEffortOrNull(metric_timestamp, 3, 'UTC')"
      : "toDateTime64(metric_timestamp, 3, 'UTC')"
  const stepMs = /^Date(32)?$/.test(plain)
    ? 86_400_000
    : plain === 'String'
      ? 1
      : Math.max(1, 1000 / 10 ** digits)
  return { dialect: { ...clickhouseDialect, timestamp }, stepMs }
}

/** Looks the table up. Throws `WRITE_FAILED` when it is no metrics table. */
export async function shapeOf(session: ClickhouseSession, parts: readonly string[]): Promise<Shape> {
  const [table, database] = parts.toReversed()
  const { body } = await session.ask(
    statement(
      clickhouseDialect,
      (bind) => `SELECT c.name, c.type, t.engine, t.sorting_key FROM system.columns AS c
        INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
        WHERE c.database = ${database === undefined ? 'currentDatabase()' : bind(database)} AND c.table = ${bind(table)}`,
    ),
    { format: CELL_FORMAT },
  )
  const columns = [...cellRows(body)] as unknown as readonly (readonly [string, string, string, string])[]
  const name = quotedTable(parts)
  const [first] = columns
  if (first === undefined)
    return { exists: false, keyed: true, dialect: clickhouseDialect, stepMs: 1, source: name }
  checkColumns(
    parts.join('.'),
    columns.map(([column]) => column),
  )
  const [, , engine, sortingKey] = first
  const keyed = engine.endsWith('ReplacingMergeTree') && isKey(sortingKey.split(', '))
  const time = columns.find(([column]) => column.toLowerCase() === 'metric_timestamp')!
  return { exists: true, keyed, ...timeOf(time[1]), source: keyed ? `${name} FINAL` : name }
}

/** Creates database and table where they are missing. */
export async function ensureTable(session: ClickhouseSession, parts: readonly string[]): Promise<void> {
  if ((await shapeOf(session, parts)).exists) return
  const tell = (text: string): Promise<void> => session.tell({ text, values: [] })
  if (parts.length > 1 && !(await exists(session, parts[0]!)))
    await tell(`CREATE DATABASE IF NOT EXISTS ${quotedTable([parts[0]!])}`)
  // The key's last row is told by the order in which the server took the rows, for the clocks of those who write may differ.
  await tell(`CREATE TABLE IF NOT EXISTS ${quotedTable(parts)} (
    metric_timestamp DateTime64(3, 'UTC'),
    metric_batch LowCardinality(String),
    metric_name String,
    metric_type LowCardinality(String),
    metric_value Float64,
    metadata String
  ) ENGINE = ReplacingMergeTree ORDER BY (${KEY_COLUMNS.join(', ')})`)
}

/** Not IF NOT EXISTS alone: that asks for the right to create even where there is nothing to create. */
async function exists(session: ClickhouseSession, database: string): Promise<boolean> {
  const { body } = await session.ask(
    statement(
      clickhouseDialect,
      (bind) => `SELECT name FROM system.databases WHERE name = ${bind(database)}`,
    ),
    { format: 'TabSeparated' },
  )
  return body.length > 0
}
