import type { ErrorCode } from '../../core/errors.ts'
import type { HistoryQuery, MetricSummary, SqlRow } from '../database.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'

/** The file that a SQLite process serves; it is told by its first message, for other users of a machine can see arguments. */
export interface SqliteFile {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly maxMegabytes?: number
  /** The server whose database it is a copy of; it is then only read. */
  readonly replicaOf?: { readonly url: string; readonly authToken?: string }
}

/** What a SQLite process can be asked; it answers one request at a time, in order. */
export type SqliteRequest =
  | { readonly kind: 'query'; readonly sql: string }
  | { readonly kind: 'ensure'; readonly table: string }
  | { readonly kind: 'upsert'; readonly table: string; readonly series: readonly SeriesRows[] }
  | { readonly kind: 'history'; readonly table: string; readonly query: HistoryQuery }
  | { readonly kind: 'deleteBefore'; readonly table: string; readonly batch: string; readonly before: number }
  | { readonly kind: 'deleteRows'; readonly table: string; readonly series: readonly SeriesRows[] }
  | { readonly kind: 'summary'; readonly table: string; readonly since: number; readonly batch?: string }
  | { readonly kind: 'names'; readonly table: string; readonly batch: string }

/** What each kind of request is answered with. */
export interface SqliteResults {
  query: readonly SqlRow[]
  ensure: null
  upsert: null
  /** Points come before, in parts. */
  history: null
  deleteBefore: number
  deleteRows: number
  summary: readonly MetricSummary[]
  names: readonly string[]
}

/** Consecutive series, packed: the first `lengths[0]` points belong to the first series, and so on. */
export interface HistoryPart {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly lengths: readonly number[]
  readonly timestamps: Float64Array
  readonly values: Float64Array
  readonly metadata: readonly (readonly string[] | null)[]
}

export interface SqliteFault {
  readonly code: ErrorCode
  readonly problem: string
  readonly retryable: boolean
}

export type SqliteAnswer =
  | { readonly part: HistoryPart }
  | { readonly result: SqliteResults[keyof SqliteResults] }
  | { readonly fault: SqliteFault }
