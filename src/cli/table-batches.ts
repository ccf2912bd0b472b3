import { stringify } from 'yaml'
import type { ColumnInfo, TableInfo } from '../databases/database.ts'
import type { Dialect } from '../databases/tables/dialect.ts'

/** A table of the user's, and what of it is worth watching. */
export interface WatchedTable {
  readonly table: TableInfo
  /** By whose days its rows are counted. */
  readonly time: ColumnInfo
  /** Whether its newest row is of these days, so that it makes sense to tell when there are no more. */
  readonly isCurrent: boolean
}

export interface BatchSource {
  /** What ingest_db names. */
  readonly connection: string
  readonly dialect: Dialect
}

/** Metrics of one table beyond this would be a wall of charts. */
const MOST_NUMBERS = 10
const MOST_NULL_RATES = 10
/** Days that a batch reads. */
const DAYS = 400

/** Names that are likely to say when a row came about, the likeliest first. */
const TIMES = [
  /^(created|inserted|ordered|event|occurred|recorded)_?(at|on|time|date|ts)$/,
  /^(time|timestamp|ts|date|day|datetime)$/,
  /(created|inserted|event|occurred)/,
  /(_at|_on|_time|_date|_ts|date|time|timestamp)$/,
]
/** Numbers that count nothing: what names, or points at, a thing. */
const IDENTIFIER = /(^|_)(id|key|uuid|code|number|no|zip|phone|year|month|day|lat|lon|latitude|longitude)s?$/

/** Columns that may say when a row came about, the likeliest first: those of a time or a date, then those of such a name. */
export function timeCandidates({ columns }: TableInfo): readonly ColumnInfo[] {
  const rank = ({ name, kind }: ColumnInfo): number => {
    const byName = TIMES.findIndex((pattern) => pattern.test(name.toLowerCase()))
    const byKind = kind === 'time' ? 0 : kind === 'date' ? 1 : 2
    return byKind * 10 + (byName === -1 ? TIMES.length : byName)
  }
  return columns
    .filter((column) => column.kind === 'time' || column.kind === 'date' || rank(column) < 20 + TIMES.length)
    .filter(({ kind }) => kind !== 'number')
    .toSorted((a, b) => rank(a) - rank(b))
}

/** Name of the batch of a table: letters, digits and underscores of both names. */
export function batchName(connection: string, table: string): string {
  return `${connection}_${table}`
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
    .slice(0, 100)
}

/** A measure of one day of a table. */
interface Measure {
  readonly name: string
  readonly sql: string
}

function measuresOf({ table, time }: WatchedTable, dialect: Dialect): readonly Measure[] {
  const others = table.columns.filter(({ name }) => name !== time.name)
  const numbers = others
    .filter(({ name, kind }) => kind === 'number' && !IDENTIFIER.test(name.toLowerCase()))
    .slice(0, MOST_NUMBERS)
  const at = quoted(dialect, time.name)
  return [
    { name: 'rows', sql: 'count(*)' },
    ...(time.kind === 'date' ? [] : [{ name: 'last_row_hour', sql: `max(${dialect.hour(at)})` }]),
    ...numbers.flatMap(({ name }) => {
      const column = quoted(dialect, name)
      return [
        { name: `sum_${name}`, sql: `sum(${column})` },
        { name: `avg_${name}`, sql: `avg(${column})` },
      ]
    }),
    ...others
      .filter(({ name }) => name.toLowerCase() !== 'id')
      .slice(0, MOST_NULL_RATES)
      .map(({ name }) => ({
        name: `null_rate_${name}`,
        sql: `avg(CASE WHEN ${quoted(dialect, name)} IS NULL THEN 1.0 ELSE 0.0 END)`,
      })),
  ]
}

/** The query of a table's batch: a row for each measure of each day, the days of the last `params.days`. */
export function tableSql(watched: WatchedTable, dialect: Dialect): string {
  const { table, time } = watched
  const day = dialect.day(quoted(dialect, time.name))
  const measures = measuresOf(watched, dialect)
  const columns = measures.map(({ sql }, index) => `  ${dialect.double(sql)} AS m${index + 1}`)
  const rows = measures.map(
    ({ name }, index) =>
      `SELECT watched_day AS metric_timestamp, ${literal(name)} AS metric_name, m${index + 1} AS metric_value FROM days`,
  )
  return [
    'WITH days AS (',
    `  SELECT ${day} AS watched_day,`,
    `${columns.map((column) => `  ${column}`).join(',\n')}`,
    `  FROM ${inTemplate(table.name)}`,
    `  WHERE ${quoted(dialect, time.name)} IS NOT NULL AND ${day} >= ${dialect.daysAgo('{{ params.days }}')}`,
    `  GROUP BY ${day}`,
    ')',
    rows.join('\nUNION ALL\n'),
  ].join('\n')
}

/** A name as a column of a query that is a template. */
function quoted(dialect: Dialect, name: string): string {
  return inTemplate(dialect.quote(name))
}

/** Text that a template is to leave as it is, tags too. */
function inTemplate(text: string): string {
  return text.replace(/\{[{%#]/g, (tag) => `{{ '${tag}' }}`)
}

/** Of a metric's name, which may be any column's: in quotes of SQL, and nothing of it a tag of a template. */
function literal(name: string): string {
  return `'${name.replace(/[{}%#\\]/g, '_').replaceAll("'", "''")}'`
}

/** The batch file of a table, with comments. */
export function tableBatch(watched: WatchedTable, { connection, dialect }: BatchSource): string {
  const { table, isCurrent } = watched
  const sql = tableSql(watched, dialect)
  const body = stringify(
    {
      metric_batch: batchName(connection, table.name),
      ingest_db: connection,
      schedule: '0 6 * * *',
      step: '1d',
      aggregated: true,
      ...(isCurrent ? { fresh_within: '3d' } : {}),
      train_metric_timestamp_max_days_ago: DAYS,
      score_metric_timestamp_max_days_ago: 60,
      alert_metric_timestamp_max_days_ago: 60,
      params: { days: DAYS },
      ingest_sql: `${sql}\n`,
    },
    { lineWidth: 0, blockQuote: 'literal' },
  )
  const notes: readonly (readonly [RegExp, string])[] = [
    [/^schedule:/m, '# Every morning: the days that have ended are judged.'],
    [/^fresh_within:/m, '# When no row has come for so long, that is an alert.'],
    [/^params:/m, '# Read so many days each time; once the past is in, a week will do.'],
  ]
  const commented = notes.reduce((text, [at, note]) => text.replace(at, (found) => `${note}\n${found}`), body)
  return `# ${table.name.replaceAll('\n', ' ')} by days: how many rows, how late the last one came, sums and means of its numbers, and how much is missing.\n${commented}`
}
