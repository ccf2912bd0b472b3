import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, MetricSummary } from '../database.ts'
import type { TableDialect } from '../tables/dialect.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import { quoteTable } from '../tables/identifiers.ts'
import {
  historyStatement,
  namesStatement,
  type SummaryRow,
  summariesOf,
  summaryStatement,
} from '../tables/metric-statements.ts'
import { millisecondsOf, pointsOf } from './dialect.ts'
import type { RedshiftCalls, RedshiftSession } from './session.ts'

type Dialected = Pick<RedshiftSession, 'dialect'>

/** Names that one statement asks for. */
const NAMES_PER_STATEMENT = 2_000

/** Points in texts, a piece of a series each. Metadata does not fit into Redshift's texts: where it is wanted, a row is a point. */
export async function readHistory(
  calls: RedshiftCalls,
  { dialect }: Dialected,
  { parts, query }: { readonly parts: readonly string[]; readonly query: HistoryQuery },
): Promise<History> {
  const withNotes = (query.metadataOf ?? []).length > 0
  const columns = new Map<string, Column>()
  for (const part of partsOf(query)) {
    const asked = historyStatement(withNotes ? byPoint(dialect) : dialect, quoteTable(parts), part, {
      duplicates: true,
    })
    for (const row of await calls.rows(asked)) (withNotes ? addPoint : addPiece)(columns, row)
  }
  return historyOf([...columns.values()].map((column) => seriesOf(column, query)))
}

/** Names, each once, in lists that a statement can hold. */
function* partsOf(query: HistoryQuery): Generator<HistoryQuery> {
  if (query.metrics === undefined) return yield query
  const names = [...new Set(query.metrics)]
  for (let at = 0; at < names.length; at += NAMES_PER_STATEMENT)
    yield { ...query, metrics: names.slice(at, at + NAMES_PER_STATEMENT) }
}

function byPoint({ pieces: _pieces, collect: _collect, ...dialect }: TableDialect): TableDialect {
  return dialect
}

interface Column {
  readonly name: string
  readonly type: MetricType
  readonly pieces: string[]
  readonly timestamps: number[]
  readonly values: number[]
  readonly notes: string[]
}

function columnOf(columns: Map<string, Column>, row: readonly unknown[]): Column {
  const [name, type] = row as [string, MetricType]
  const key = `${type}\0${name}`
  let column = columns.get(key)
  if (column === undefined) {
    column = { name, type, pieces: [], timestamps: [], values: [], notes: [] }
    columns.set(key, column)
  }
  return column
}

function addPiece(columns: Map<string, Column>, row: readonly unknown[]): void {
  columnOf(columns, row).pieces.push(row[3] as string)
}

function addPoint(columns: Map<string, Column>, row: readonly unknown[]): void {
  const { timestamps, values, notes } = columnOf(columns, row)
  timestamps.push(millisecondsOf(row[2] as string))
  values.push(Number(row[3]))
  notes.push((row[4] as string | null) ?? '')
}

function seriesOf(
  { name, type, pieces, timestamps, values, notes }: Column,
  query: HistoryQuery,
): SeriesPoints {
  if (pieces.length > 0) return { name, type, points: pointsOf(pieces) }
  const points = { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values) }
  return { name, type, points: query.metadataOf?.includes(type) ? { ...points, metadata: notes } : points }
}

export async function readNames(
  calls: RedshiftCalls,
  { dialect }: Dialected,
  { parts, batch }: { readonly parts: readonly string[]; readonly batch: string },
): Promise<readonly string[]> {
  const rows = await calls.rows(namesStatement(dialect, quoteTable(parts), batch))
  return rows.map(([name]) => name as string)
}

/** Per batch and metric since a time. */
export async function summarize(
  calls: RedshiftCalls,
  { dialect }: Dialected,
  { parts, ...query }: { readonly parts: readonly string[]; readonly since: number; readonly batch?: string },
): Promise<readonly MetricSummary[]> {
  const rows = await calls.rows(summaryStatement(dialect, quoteTable(parts), query))
  return summariesOf(
    rows.map(
      ([batch, name, type, amount, newest]): SummaryRow => ({
        batch: batch as string,
        name: name as string,
        type: type as MetricType,
        amount: Number(amount),
        newest: millisecondsOf(newest as string),
      }),
    ),
  )
}
