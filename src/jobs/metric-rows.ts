import { AnomstackError } from '../core/errors.ts'
import type { MetricRow } from '../core/metric-row.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { SqlRow } from '../databases/database.ts'
import { roundTo } from '../timeseries/round.ts'

export interface RowRules {
  readonly batch: string
  /** For messages: the file that the rows come from. */
  readonly file: string
  /** Of timestamps that say none. */
  readonly timeZone: string
  readonly rounding: number
  /** Name of rows that have no metric_name column. */
  readonly metric?: string | undefined
  /** Set into the metadata of the metric's rows. */
  readonly thresholds: Readonly<
    Record<string, { readonly upper?: number | undefined; readonly lower?: number | undefined }>
  >
}

export interface CheckedRows {
  /** Unique by (name, timestamp), of type `metric`. */
  readonly rows: readonly MetricRow[]
  /** Why rows were left out, or joined, and how many: `metric "x": value "abc" is not a number` -> 3. */
  readonly problems: ReadonlyMap<string, number>
  /** Rows that hold no value (NULL): left out, and no problem. */
  readonly empty: number
}

/** More different problems than this are counted together. */
const PROBLEMS_KEPT = 20

/** Turns what a query or a function returned into metric rows: columns found whatever their case, values rounded, rows of one metric and time
 * joined by their mean. Throws `ROWS_INVALID` when a column is missing, or when there are rows and none of them can be used. */
export function toMetricRows(raw: readonly SqlRow[], rules: RowRules): CheckedRows {
  const problems = new Map<string, number>()
  const complain = (problem: string) => {
    const key =
      problems.has(problem) || problems.size < PROBLEMS_KEPT ? problem : 'other rows that cannot be used'
    problems.set(key, (problems.get(key) ?? 0) + 1)
  }
  const byKey = new Map<string, Map<number, { sum: number; count: number; metadata: string }>>()
  let empty = 0
  const first = raw[0]
  if (first === undefined) return { rows: [], problems, empty }
  const columns = columnsOf(first, rules)

  for (const row of raw) {
    const name = columns.name === undefined ? rules.metric : nameOf(row[columns.name])
    if (name === undefined) {
      complain(
        `metric_name ${show(columns.name === undefined ? undefined : row[columns.name])} is not a name`,
      )
      continue
    }
    const rawValue = row[columns.value]
    if (rawValue === null || rawValue === undefined || rawValue === '') {
      empty++
      continue
    }
    const value = numberOf(rawValue)
    if (value === undefined) {
      complain(`metric ${show(name)}: metric_value ${show(rawValue)} is not a finite number`)
      continue
    }
    const timestamp = parseTimestamp(row[columns.timestamp], rules.timeZone)
    if (timestamp === undefined) {
      complain(`metric ${show(name)}: metric_timestamp ${show(row[columns.timestamp])} is not a time`)
      continue
    }
    const points = byKey.get(name) ?? new Map<number, { sum: number; count: number; metadata: string }>()
    byKey.set(name, points)
    const metadata = columns.metadata === undefined ? '' : metadataOf(row[columns.metadata])
    const point = points.get(timestamp)
    if (point === undefined) points.set(timestamp, { sum: value, count: 1, metadata })
    else {
      complain(`metric ${show(name)}: several rows for one timestamp were joined by their mean`)
      point.sum += value
      point.count++
      point.metadata = metadata
    }
  }

  const rows: MetricRow[] = []
  for (const [name, points] of byKey) {
    const bounds = Object.hasOwn(rules.thresholds, name) ? rules.thresholds[name] : undefined
    for (const [timestamp, { sum, count, metadata }] of points)
      rows.push({
        timestamp,
        batch: rules.batch,
        name,
        type: 'metric',
        value: roundTo(sum / count, rules.rounding),
        metadata: bounds === undefined ? metadata : withThresholds(metadata, bounds),
      })
  }
  if (rows.length === 0 && problems.size > 0)
    throw new AnomstackError(
      'ROWS_INVALID',
      `none of ${raw.length} rows can be used: ${[...problems.keys()][0]}`,
      {
        at: { batch: rules.batch, file: rules.file },
      },
    )
  return { rows, problems, empty }
}

interface Columns {
  readonly timestamp: string
  readonly value: string
  readonly name: string | undefined
  readonly metadata: string | undefined
}

function columnsOf(row: SqlRow, rules: RowRules): Columns {
  const spelled = new Map(Object.keys(row).map((key) => [key.toLowerCase(), key]))
  const timestamp = spelled.get('metric_timestamp')
  const value = spelled.get('metric_value')
  const name = spelled.get('metric_name')
  const missing = [
    timestamp === undefined ? 'metric_timestamp' : '',
    name === undefined && rules.metric === undefined ? 'metric_name' : '',
    value === undefined ? 'metric_value' : '',
  ].filter((column) => column !== '')
  if (timestamp === undefined || value === undefined || missing.length > 0)
    throw new AnomstackError(
      'ROWS_INVALID',
      `the rows have no ${missing.join(', no ')}; they have: ${[...spelled.values()].join(', ')}`,
      {
        at: { batch: rules.batch, file: rules.file },
      },
    )
  return { timestamp, value, name, metadata: spelled.get('metadata') }
}

function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined
}

function numberOf(value: unknown): number | undefined {
  const number =
    typeof value === 'string'
      ? value.trim() === ''
        ? Number.NaN
        : Number(value)
      : typeof value === 'object'
        ? Number.NaN
        : Number(value)
  return Number.isFinite(number) ? number : undefined
}

function metadataOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string'
    ? value
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner))
}

function withThresholds(metadata: string, thresholds: object): string {
  let known: unknown
  try {
    known = metadata === '' ? {} : JSON.parse(metadata)
  } catch {
    known = { metadata }
  }
  const object =
    typeof known === 'object' && known !== null && !Array.isArray(known) ? known : { metadata: known }
  return JSON.stringify({ ...object, thresholds })
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
}
