import { AnomstackError } from '../../core/errors.ts'
import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, Points } from '../database.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import { historyStatement } from '../tables/metric-statements.ts'
import { mysqlTableDialect, type TableReading } from './dialect.ts'
import type { MysqlTable } from './names.ts'
import { readingOf } from './reading.ts'
import type { MysqlSession } from './session.ts'

/** The longest double as text, with its comma. */
const BYTES_PER_POINT = 25
/** A list of this much less than the longest one may have been cut. */
const MARGIN = 64

type Row = readonly [name: string, type: MetricType, times: string, readings: string, notes?: string]

/** One row per series, its points as lists. A series that is too long for one list of the engine comes in pieces. */
export async function readHistory(
  session: MysqlSession,
  table: MysqlTable,
  query: HistoryQuery,
): Promise<History> {
  const { shape, reading, source } = await readingOf(session, table)
  const read = (pieces: Pick<TableReading, 'pieces'>): Promise<readonly Row[]> => {
    const dialect = mysqlTableDialect({ ...reading, ...pieces })
    const { text, values } = historyStatement(dialect, source, query, { duplicates: !shape.keyed })
    return session.lists<Row>(text, values)
  }
  const longest = await longestList(session)
  let rows = await read({})
  if (rows.some((row) => row.slice(2).some((list) => (list?.length ?? 0) > longest)))
    rows = await read({ pieces: Math.floor(longest / (await bytesPerPoint(session, table, query))) })
  const wanted = query.metadataOf ?? []
  return historyOf([...bySeries(rows)].map((pieces) => seriesOf(pieces, wanted)))
}

async function longestList(session: MysqlSession): Promise<number> {
  const [found] = await session.rows<{ longest: number }>('SELECT @@group_concat_max_len AS longest')
  return (found?.longest ?? 0) - MARGIN
}

/** Throws `QUERY_FAILED` for a metadata text that fits no list. */
async function bytesPerPoint(
  session: MysqlSession,
  table: MysqlTable,
  { batch, metadataOf = [] }: HistoryQuery,
): Promise<number> {
  if (metadataOf.length === 0) return BYTES_PER_POINT
  const [found] = await session.rows<{ longest: number | null }>(
    `SELECT MAX(LENGTH(CONVERT(metadata USING utf8mb4))) AS longest FROM ${table.quoted} WHERE metric_batch = ?`,
    [batch],
  )
  const bytes = 2 * (found?.longest ?? 0) + 1
  if (bytes > (await longestList(session)))
    throw new AnomstackError(
      'QUERY_FAILED',
      `a metadata text of ${table.shown} is longer than the server sends: raise its max_allowed_packet`,
      { at: { batch } },
    )
  return Math.max(BYTES_PER_POINT, bytes)
}

/** Rows of each series. */
function bySeries(rows: readonly Row[]): Iterable<readonly Row[]> {
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    // No name holds a NUL.
    const key = `${row[0]}\0${row[1]}`
    const known = found.get(key)
    if (known === undefined) found.set(key, [row])
    else known.push(row)
  }
  return found.values()
}

function seriesOf(pieces: readonly Row[], metadataOf: readonly MetricType[]): SeriesPoints {
  const [name, type] = pieces[0]!
  const timestamps = numbersOf(pieces.map(([, , times]) => times))
  const values = numbersOf(pieces.map(([, , , readings]) => readings))
  const columns = { timestamps, values }
  const points = metadataOf.includes(type)
    ? { ...columns, metadata: pieces.flatMap(([, , , , notes]) => (notes ?? '').split(',').map(textOf)) }
    : columns
  return { name, type, points: inOrder(points) }
}

function numbersOf(lists: readonly string[]): Float64Array {
  if (lists.length === 1) return Float64Array.from(lists[0]!.split(','), Number)
  return Float64Array.from(
    lists.flatMap((list) => list.split(',')),
    Number,
  )
}

function textOf(hexadecimal: string): string {
  return hexadecimal === '' ? '' : Buffer.from(hexadecimal, 'hex').toString()
}

function inOrder(points: Points): Points {
  const { timestamps, values, metadata } = points
  if (timestamps.every((timestamp, i) => i === 0 || timestamps[i - 1]! <= timestamp)) return points
  const order = Array.from(timestamps.keys()).sort((a, b) => timestamps[a]! - timestamps[b]!)
  return {
    timestamps: Float64Array.from(order, (i) => timestamps[i]!),
    values: Float64Array.from(order, (i) => values[i]!),
    ...(metadata === undefined ? {} : { metadata: order.map((i) => metadata[i]!) }),
  }
}
