import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery } from '../database.ts'
import { historyOf } from '../tables/history.ts'
import { historyStatement, namesStatement } from '../tables/metric-statements.ts'
import { CELL_FORMAT, cellRows } from './cells.ts'
import type { ClickhouseSession } from './server.ts'
import { shapeOf } from './shape.ts'

type Row = readonly [
  name: string,
  type: MetricType,
  at: Float64Array,
  values: Float64Array,
  notes?: readonly string[],
]

/** One row per series, its points as lists. */
export async function readHistory(
  session: ClickhouseSession,
  parts: readonly string[],
  query: HistoryQuery,
): Promise<History> {
  const { dialect, source, keyed } = await shapeOf(session, parts)
  const wanted = query.metadataOf ?? []
  const { body } = await session.ask(historyStatement(dialect, source, query, { duplicates: !keyed }), {
    format: CELL_FORMAT,
  })
  const rows = cellRows(body) as Iterable<readonly unknown[]> as Iterable<Row>
  return historyOf(
    [...rows].map(([name, type, at, values, notes = []]) => {
      const order = timeOrder(at)
      const sorted = (numbers: Float64Array): Float64Array =>
        order === undefined ? numbers : Float64Array.from(order, (index) => numbers[index]!)
      const points = { timestamps: sorted(at), values: sorted(values) }
      const metadata = order === undefined ? notes : Array.from(order, (index) => notes[index]!)
      return { name, type, points: wanted.includes(type) ? { ...points, metadata } : points }
    }),
  )
}

/** Indexes by time; nothing where all is in that order already. The server mostly gives one order or the other. */
function timeOrder(at: Float64Array): Uint32Array | undefined {
  if (isAscending(at)) return undefined
  const backwards = Uint32Array.from(at, (_, i) => at.length - 1 - i)
  return isAscending(at.toReversed()) ? backwards : backwards.sort((a, b) => at[a]! - at[b]!)
}

function isAscending(numbers: Float64Array): boolean {
  for (let i = 1; i < numbers.length; i++) if (numbers[i - 1]! >= numbers[i]!) return false
  return true
}

/** Names of the batch's metrics, in no order. */
export async function readNames(
  session: ClickhouseSession,
  parts: readonly string[],
  batch: string,
): Promise<readonly string[]> {
  const { dialect, source } = await shapeOf(session, parts)
  const { body } = await session.ask(namesStatement(dialect, source, batch), {
    format: CELL_FORMAT,
  })
  return Array.from(cellRows(body), ([name]) => name as string)
}
