import type { MetricType } from '../../core/metric-row.ts'
import type { HistoryQuery, MetricSummary } from '../database.ts'
import { type Statement, statement, type TableDialect } from './dialect.ts'
import { METRIC_COLUMNS } from './metric-columns.ts'
import { ceilTime, floorTime } from './time-range.ts'

/** The program's own statements on a metrics table. `table` is its quoted name. */

/** Names of the columns of a metrics table, as they stand in a statement. */
export const COLUMN_LIST = METRIC_COLUMNS.join(', ')

/**
 * The points of a history. `duplicates`: the table may hold several rows of one key, which are averaged.
 * - With `collect` in the dialect, one row per series (or per piece of one): `name, type, times, readings` and, where metadata is wanted, `notes`, as lists in order of time.
 * - Without, one row per point: `name, type, ms, reading` and perhaps `note`, in the order of name, type and time.
 */
export function historyStatement(
  dialect: TableDialect,
  table: string,
  query: HistoryQuery,
  { duplicates }: { readonly duplicates: boolean },
): Statement {
  const { since, until, maxPoints, metrics } = query
  const withNotes = (query.metadataOf ?? []).length > 0
  const { collect, pieces } = dialect
  return statement(dialect, (bind) => {
    const reading = dialect.double('metric_value')
    const conditions = [
      `metric_batch = ${bind(query.batch)}`,
      dialect.oneOf('metric_type', query.types, bind),
      // Rows of a table that somebody else made may lack a name or a time.
      'metric_name IS NOT NULL',
      `${dialect.timestamp} IS NOT NULL`,
      dialect.finite('metric_value'),
      ...(metrics === undefined ? [] : [dialect.oneOf('metric_name', metrics, bind)]),
      ...(since === undefined ? [] : [`${dialect.timestamp} >= ${dialect.time(ceilTime(since), bind)}`]),
      ...(until === undefined ? [] : [`${dialect.timestamp} <= ${dialect.time(floorTime(until), bind)}`]),
    ]
    const columns = [
      'metric_name AS name',
      'metric_type AS type',
      `${dialect.milliseconds(dialect.timestamp)} AS ms`,
      `${duplicates ? `avg(${reading})` : reading} AS reading`,
      ...(withNotes ? [`${duplicates ? 'max(metadata)' : 'metadata'} AS note`] : []),
      ...(maxPoints === undefined && pieces === undefined
        ? []
        : [
            `row_number() OVER (PARTITION BY metric_name, metric_type ORDER BY ${dialect.timestamp} DESC) AS age`,
          ]),
    ]
    const points = `(
      SELECT ${columns.join(', ')} FROM ${table} WHERE ${conditions.join(' AND ')}
      ${duplicates ? `GROUP BY metric_name, metric_type, ${dialect.timestamp}` : ''}
    ) AS points ${maxPoints === undefined ? '' : `WHERE age <= ${bind(maxPoints)}`}`
    return collect === undefined
      ? `SELECT name, type, ms, reading${withNotes ? ', note' : ''} FROM ${points} ORDER BY name, type, ms`
      : `SELECT name, type, ${collect('ms', 'numbers')} AS times, ${collect('reading', 'numbers')} AS readings${withNotes ? `, ${collect('note', 'texts')} AS notes` : ''}
         FROM ${points} GROUP BY name, type${pieces === undefined ? '' : `, floor((age - 1) / ${pieces})`}`
  })
}

/** Rows per batch, metric and type since a time: `batch, name, type, amount, newest` (epoch ms). */
export function summaryStatement(
  dialect: TableDialect,
  table: string,
  { since, batch }: { readonly since: number; readonly batch?: string },
): Statement {
  return statement(
    dialect,
    (bind) => `SELECT metric_batch AS batch, metric_name AS name, metric_type AS type, count(*) AS amount,
      ${dialect.milliseconds(`max(${dialect.timestamp})`)} AS newest
    FROM ${table} WHERE ${dialect.timestamp} >= ${dialect.time(ceilTime(since), bind)}
      ${batch === undefined ? '' : `AND metric_batch = ${bind(batch)}`}
    GROUP BY metric_batch, metric_name, metric_type`,
  )
}

export interface SummaryRow {
  readonly batch: string
  readonly name: string
  readonly type: MetricType
  readonly amount: number
  readonly newest: number
}

/** What `summaryStatement` found, by batch and metric. */
export function summariesOf(rows: Iterable<SummaryRow>): readonly MetricSummary[] {
  const found = new Map<
    string,
    { batch: string; name: string; newest: number; counts: Map<MetricType, number> }
  >()
  for (const { batch, name, type, amount, newest } of rows) {
    const key = JSON.stringify([batch, name])
    const known = found.get(key) ?? { batch, name, newest, counts: new Map() }
    known.newest = Math.max(known.newest, newest)
    known.counts.set(type, amount)
    found.set(key, known)
  }
  return [...found.keys()].sort().map((key) => found.get(key)!)
}

/** Names of a batch's metrics: `name`. */
export function namesStatement(dialect: TableDialect, table: string, batch: string): Statement {
  return statement(
    dialect,
    (bind) =>
      `SELECT DISTINCT metric_name AS name FROM ${table} WHERE metric_batch = ${bind(batch)} AND metric_name IS NOT NULL`,
  )
}

export function deleteBeforeStatement(
  dialect: TableDialect,
  table: string,
  { batch, before }: { readonly batch: string; readonly before: number },
): Statement {
  return statement(
    dialect,
    (bind) =>
      `DELETE FROM ${table} WHERE metric_batch = ${bind(batch)} AND ${dialect.timestamp} < ${dialect.time(ceilTime(before), bind)}`,
  )
}

/** Inserts or updates from `source`, a table or a query in parentheses with the columns of a metrics table and each key once. `matching` says when two
 * rows have one key. */
export function mergeStatement(table: string, source: string, matching = sameKey('t', 's')): string {
  return `MERGE INTO ${table} AS t USING ${source} AS s ON ${matching}
    WHEN MATCHED THEN UPDATE SET metric_value = s.metric_value, metadata = s.metadata
    WHEN NOT MATCHED THEN INSERT (${COLUMN_LIST}) VALUES (${METRIC_COLUMNS.map((column) => `s.${column}`).join(', ')})`
}

/** The condition that two rows have one key; `time` writes what of a timestamp column is compared. */
export function sameKey(one: string, other: string, time = (column: string): string => column): string {
  return [
    ...['metric_batch', 'metric_name', 'metric_type'].map(
      (column) => `${one}.${column} = ${other}.${column}`,
    ),
    `${time(`${one}.metric_timestamp`)} = ${time(`${other}.metric_timestamp`)}`,
  ].join(' AND ')
}
