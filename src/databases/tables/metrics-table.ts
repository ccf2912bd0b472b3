import type {
  History,
  HistoryQuery,
  MetricSummary,
  MetricsTable,
  NamesQuery,
  QueryOptions,
} from '../database.ts'
import { keyedRows, rowCount, type SeriesRows } from './keyed-rows.ts'

/** What an engine does for a metrics table, once it is clear that there is something to do: series are never none, and histories never of nothing. */
export interface TableOperations {
  ensure(): Promise<void>
  upsert(series: readonly SeriesRows[], options: QueryOptions): Promise<void>
  history(query: HistoryQuery, options: QueryOptions): Promise<History>
  deleteBefore(
    query: { readonly batch: string; readonly before: number },
    options: QueryOptions,
  ): Promise<number>
  /** Of the series only the keys count. */
  deleteRows(series: readonly SeriesRows[], options: QueryOptions): Promise<number>
  summary(
    query: { readonly since: number; readonly batch?: string },
    options: QueryOptions,
  ): Promise<readonly MetricSummary[]>
  names?(query: NamesQuery, options: QueryOptions): Promise<readonly string[]>
}

/** A metrics table of an engine: rows are checked and put in the order of the key before it sees them. */
export function metricsTableOf(operations: TableOperations): MetricsTable {
  const { names } = operations
  return {
    ensure: () => operations.ensure(),
    async upsert(rows, options = {}) {
      const series = keyedRows(rows)
      if (series.length > 0) await operations.upsert(series, options)
      return rowCount(series)
    },
    async history(query, options = {}) {
      if (query.types.length === 0 || query.metrics?.length === 0) return new Map()
      return operations.history(query, options)
    },
    deleteBefore: (query, options = {}) => operations.deleteBefore(query, options),
    async deleteRows(keys, options = {}) {
      const series = keyedRows([...keys].map((key) => ({ ...key, value: 0, metadata: '' })))
      return series.length === 0 ? 0 : operations.deleteRows(series, options)
    },
    summary: (query, options = {}) => operations.summary(query, options),
    ...(names === undefined
      ? {}
      : { names: (query: NamesQuery, options: QueryOptions = {}) => names(query, options) }),
  }
}
