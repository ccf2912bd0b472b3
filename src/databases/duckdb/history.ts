import {
  type DuckDBConnection,
  DuckDBListVector,
  type DuckDBValue,
  type DuckDBVector,
  listValue,
} from '@duckdb/node-api'
import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery } from '../database.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import { quoteTable } from '../tables/identifiers.ts'
import { historyStatement } from '../tables/metric-statements.ts'
import { duckdbDialect } from './dialect.ts'
import { isKeyed } from './shape.ts'

/** One row per series, its points as lists, which are read as columns. */
export async function readHistory(
  connection: DuckDBConnection,
  parts: readonly string[],
  query: HistoryQuery,
): Promise<History> {
  const duplicates = !(await isKeyed(connection, parts))
  const wanted = query.metadataOf ?? []
  const { text, values } = historyStatement(duckdbDialect, quoteTable(parts), query, { duplicates })
  const result = await connection.stream(
    text,
    values.map((value) => (Array.isArray(value) ? listValue(value as string[]) : (value as DuckDBValue))),
  )
  const series: SeriesPoints[] = []
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return historyOf(series)
    const column = (index: number): DuckDBVector => chunk.getColumnVector(index)
    for (let row = 0; row < chunk.rowCount; row++) {
      const type = column(1).getItem(row) as MetricType
      const points = { timestamps: numbersAt(column(2), row), values: numbersAt(column(3), row) }
      series.push({
        name: column(0).getItem(row) as string,
        type,
        points: wanted.includes(type) ? { ...points, metadata: textsAt(column(4), row) } : points,
      })
    }
  }
}

function listAt(vector: DuckDBVector, row: number): { items: DuckDBVector; start: number; end: number } {
  if (!(vector instanceof DuckDBListVector)) throw new TypeError('DuckDB did not answer with a list')
  const start = vector.getEntryOffset(row)
  return { items: vector.childVector, start, end: start + vector.getEntryLength(row) }
}

function numbersAt(vector: DuckDBVector, row: number): Float64Array {
  const { items, start, end } = listAt(vector, row)
  const numbers = new Float64Array(end - start)
  for (let i = start; i < end; i++) numbers[i - start] = items.getItem(i) as number
  return numbers
}

function textsAt(vector: DuckDBVector, row: number): string[] {
  const { items, start, end } = listAt(vector, row)
  return Array.from(
    { length: end - start },
    (_, index) => (items.getItem(start + index) as string | null) ?? '',
  )
}
