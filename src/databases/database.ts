import type { z } from 'zod'
import type { MetricRow, MetricType } from '../core/metric-row.ts'
import type { PluginDefinition } from '../core/plugin.ts'
import type { Series } from '../core/series.ts'
import type { SqlDialect } from '../templates/sql-dialects.ts'
import type { Dialect } from './tables/dialect.ts'

/**
 * A database answers users' SQL and holds metrics tables. SQL only fetches and stores; every decision is TypeScript, so it is the
 * same on every engine. Implementations are safe to call concurrently, and quote or bind everything that they are given.
 *
 * Errors: `CONNECTION_FAILED` (cannot open or log in), `QUERY_FAILED` (the engine refused the statement; the engine's own message is
 * kept, without secrets), `WRITE_FAILED` (nothing of this write was kept), `TIMED_OUT` and `CANCELED`.
 */
export interface Database {
  /**
   * Runs the user's statements as they are, natively and untranslated, and returns the rows of the last statement that returns
   * rows, keyed by column name as the engine spells it. A trailing semicolon is fine; so are several statements.
   * Values are plain JavaScript: string, number (64-bit integers too), boolean, null, Date (UTC) or Uint8Array.
   */
  query(sql: string, options?: QueryOptions): Promise<readonly SqlRow[]>
  /** A handle on the metrics table `name` (`table`, `schema.table`, …); does no I/O. Throws `INPUT_INVALID` for a name that is none, and where the kind can only be read. */
  metricsTable(name: string): MetricsTable
  /** Tables and views that the user may read, of the default schema first and without the engine's own; absent where there are none to list. */
  tables?(options?: QueryOptions): Promise<readonly TableInfo[]>
  /** Releases every connection and file; later calls fail with `CONNECTION_FAILED`. */
  close(): Promise<void>
}

/** A table as its database describes it. */
export interface TableInfo {
  /** As it is written in a query: quoted where it must be, with its schema where it is not the default one. */
  readonly name: string
  readonly columns: readonly ColumnInfo[]
}

export interface ColumnInfo {
  /** As the engine spells it, unquoted. */
  readonly name: string
  /** `time`: a point in time; `date`: a day without a time; `number`: any numeric type; `other`: text, booleans and all the rest. */
  readonly kind: 'time' | 'date' | 'number' | 'other'
}

export type SqlRow = Readonly<Record<string, unknown>>

export interface QueryOptions {
  /** Aborting stops the statement in the engine where the engine can, and rejects with `CANCELED`. */
  readonly signal?: AbortSignal
  /** After so many milliseconds the statement is stopped and rejects with `TIMED_OUT`. */
  readonly timeoutMs?: number
}

/** The long table of metric rows, in six columns: metric_timestamp, metric_batch, metric_name, metric_type, metric_value, metadata. */
export interface MetricsTable {
  /** Creates the schema, the table and its unique key (batch, name, type, timestamp) where they are missing. An existing table
   * of six such columns without that key (one of the original's, possibly with duplicates) is used as it is: nothing is deleted. */
  ensure(): Promise<void>
  /** Inserts or updates rows by key, atomically: all or nothing. The last of two rows with one key wins. Returns how many rows it took. */
  upsert(rows: Iterable<MetricRow>, options?: QueryOptions): Promise<number>
  /** One query for a whole batch. Duplicates of a key (possible only in a table of the original's) are averaged. */
  history(query: HistoryQuery, options?: QueryOptions): Promise<History>
  /** Deletes the batch's rows of every type with a timestamp before `before` (epoch ms). Returns how many. */
  deleteBefore(
    query: { readonly batch: string; readonly before: number },
    options?: QueryOptions,
  ): Promise<number>
  /** Deletes single rows by key; rows that are not there are ignored. Returns how many were deleted. */
  deleteRows(
    keys: Iterable<Pick<MetricRow, 'batch' | 'name' | 'type' | 'timestamp'>>,
    options?: QueryOptions,
  ): Promise<number>
  /** Per batch and metric since `since`: newest timestamp of any type, and row counts per type. */
  summary(
    query: { readonly since: number; readonly batch?: string },
    options?: QueryOptions,
  ): Promise<readonly MetricSummary[]>
  /** Names of the batch's metrics, in no order, those without rows since `since` included or not. Only where it takes much less than `summary`. */
  names?(query: NamesQuery, options?: QueryOptions): Promise<readonly string[]>
}

export interface HistoryQuery {
  readonly batch: string
  readonly types: readonly MetricType[]
  /** Only rows at or after this time, epoch ms. */
  readonly since?: number
  /** Only rows at or before this time, epoch ms. */
  readonly until?: number
  /** Only the newest so many points of each metric and type. */
  readonly maxPoints?: number
  /** Only these metrics; an empty list gives an empty history. */
  readonly metrics?: readonly string[]
  /** Types whose metadata text is wanted too; it is left out otherwise. */
  readonly metadataOf?: readonly MetricType[]
}

/** Points of one metric and one type, ascending in time. */
export interface Points extends Series {
  /** As long as the timestamps; only where asked for. */
  readonly metadata?: readonly string[]
}

/** Metric name -> type -> points, metrics in code-unit order of their names. A metric or type without rows is absent. */
export type History = ReadonlyMap<string, ReadonlyMap<MetricType, Points>>

export interface MetricSummary {
  readonly batch: string
  readonly name: string
  readonly newest: number
  readonly counts: ReadonlyMap<MetricType, number>
}

export interface NamesQuery {
  readonly batch: string
  /** Metrics without rows since then may be left out, epoch ms. */
  readonly since: number
}

/** Names of a batch's metrics: by the table's own means, or by its summary where it has none. */
export async function metricNames(
  table: MetricsTable,
  query: NamesQuery,
  options?: QueryOptions,
): Promise<readonly string[]> {
  if (table.names !== undefined) return table.names(query, options)
  return (await table.summary(query, options)).map(({ name }) => name)
}

/** What a database is created with beside its options. */
export interface DatabaseEnvironment {
  /** Relative file paths of options are resolved from here. */
  readonly projectDir: string
}

export interface DatabaseDefinition<Options extends z.ZodObject = z.ZodObject>
  extends PluginDefinition<Options> {
  /** Set where it answers queries and cannot hold a metrics table. */
  readonly readOnly?: true
  /** How it writes SQL; absent where it is not asked in SQL. */
  readonly dialect?: Dialect
  /** What the transpiler of `sql_dialect` calls its SQL. */
  readonly transpiledTo?: SqlDialect
  /** Set to false where a statement cannot be checked by `EXPLAIN`, as `sql_dialect` does. */
  readonly explains?: false
  /** Opens nothing by itself: the first call of the database connects. */
  create(options: z.output<Options>, environment: DatabaseEnvironment): Database
}

export function defineDatabase<Options extends z.ZodObject>(
  definition: DatabaseDefinition<Options>,
): DatabaseDefinition<Options> {
  return definition
}
