import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery, QueryOptions } from '../database.ts'
import { historyOf, type SeriesPoints } from '../tables/history.ts'
import type { SqliteProcess } from './process.ts'
import type { HistoryPart } from './protocol.ts'

/** The history that a SQLite process reads from a table. */
export async function requestHistory(
  tables: SqliteProcess,
  { table, query }: { readonly table: string; readonly query: HistoryQuery },
  options: QueryOptions,
): Promise<History> {
  const parts: HistoryPart[] = []
  await tables.request({ kind: 'history', table, query }, options, (part) => parts.push(part))
  return historyOf(unpack(parts))
}

function* unpack(parts: Iterable<HistoryPart>): Generator<SeriesPoints> {
  for (const { names, types, lengths, timestamps, values, metadata } of parts) {
    let start = 0
    for (const [index, length] of lengths.entries()) {
      const end = start + length
      // Copies: whoever gets a series may transfer its buffer to another thread.
      const points = { timestamps: timestamps.slice(start, end), values: values.slice(start, end) }
      const texts = metadata[index]
      yield {
        name: names[index]!,
        type: types[index] as MetricType,
        points: texts === null || texts === undefined ? points : { ...points, metadata: texts },
      }
      start = end
    }
  }
}
