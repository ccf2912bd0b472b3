import { AnomstackError } from '../../core/errors.ts'
import type { MetricRow, MetricType } from '../../core/metric-row.ts'
import { EARLIEST, LATEST } from './time-range.ts'

/** New rows of one series: ascending in time, each timestamp once. All arrays have the same length. */
export interface SeriesRows {
  readonly batch: string
  readonly name: string
  readonly type: MetricType
  readonly timestamps: Float64Array
  readonly values: Float64Array
  /** Left out when it is empty throughout. */
  readonly metadata?: readonly string[]
}

interface Draft {
  readonly batch: string
  readonly name: string
  readonly type: MetricType
  readonly timestamps: number[]
  readonly values: number[]
  metadata: string[] | undefined
  ascending: boolean
}

function invalid(row: Pick<MetricRow, 'batch' | 'name'>, problem: string): AnomstackError {
  const short = (text: unknown): string => {
    const shown = String(text)
    return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
  }
  return new AnomstackError('ROWS_INVALID', problem, {
    at: { batch: short(row.batch), metric: short(row.name) },
  })
}

function checkText(row: MetricRow, field: 'batch' | 'name' | 'type' | 'metadata'): void {
  const text: unknown = row[field]
  if (typeof text !== 'string')
    throw invalid(row, `the ${field} is ${text === null ? 'null' : typeof text}, not text`)
  if (text === '' && field !== 'metadata') throw invalid(row, `the ${field} is empty`)
  if (text.includes('\0'))
    throw invalid(row, `the ${field} holds a NUL character, which databases cannot store`)
  if (field !== 'metadata' && /\p{Cs}/u.test(text))
    throw invalid(row, `the ${field} holds half of a surrogate pair, which is no valid Unicode`)
}

function draftOf(row: MetricRow): Draft {
  checkText(row, 'batch')
  checkText(row, 'name')
  checkText(row, 'type')
  const { batch, name, type } = row
  return { batch, name, type, timestamps: [], values: [], metadata: undefined, ascending: true }
}

function append(draft: Draft, row: MetricRow): void {
  const { value, metadata } = row
  const timestamp = Math.round(row.timestamp)
  if (!(timestamp >= EARLIEST && timestamp <= LATEST))
    throw invalid(
      row,
      `the timestamp ${row.timestamp} is not one of the years 1 to 9999 in epoch milliseconds`,
    )
  if (!Number.isFinite(value)) throw invalid(row, `the value ${String(value)} is not a finite number`)
  if (metadata !== '') {
    checkText(row, 'metadata')
    draft.metadata ??= draft.timestamps.map(() => '')
  }
  const { timestamps } = draft
  if (timestamps.length > 0 && timestamp <= timestamps[timestamps.length - 1]!) draft.ascending = false
  timestamps.push(timestamp)
  draft.values.push(value)
  draft.metadata?.push(metadata)
}

/** Indexes of a draft's rows in time order, the last of each timestamp. */
function lastOfEach(timestamps: readonly number[]): number[] {
  const order = timestamps.map((_, index) => index)
  order.sort((a, b) => timestamps[a]! - timestamps[b]! || a - b)
  return order.filter((index, position) => {
    const next = order[position + 1]
    return next === undefined || timestamps[next] !== timestamps[index]
  })
}

function finish({ batch, name, type, timestamps, values, metadata, ascending }: Draft): SeriesRows {
  const key = { batch, name, type }
  if (ascending) {
    const columns = { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values) }
    return metadata === undefined ? { ...key, ...columns } : { ...key, ...columns, metadata }
  }
  const kept = lastOfEach(timestamps)
  const columns = {
    timestamps: Float64Array.from(kept, (index) => timestamps[index]!),
    values: Float64Array.from(kept, (index) => values[index]!),
  }
  return metadata === undefined
    ? { ...key, ...columns }
    : { ...key, ...columns, metadata: kept.map((index) => metadata[index]!) }
}

/** Rows by series in the order of the key, each key once with its last row. Throws `ROWS_INVALID`, naming batch and metric, for a value
 * that is not finite, an impossible timestamp, or a text that a database cannot hold. */
export function keyedRows(rows: Iterable<MetricRow>): readonly SeriesRows[] {
  const drafts = new Map<string, Draft>()
  let current: Draft | undefined
  for (const row of rows) {
    if (
      current === undefined ||
      row.name !== current.name ||
      row.type !== current.type ||
      row.batch !== current.batch
    ) {
      // No part can hold a NUL, so joining by it is unambiguous.
      const key = `${row.batch}\0${row.name}\0${row.type}`
      current = drafts.get(key)
      if (current === undefined) {
        current = draftOf(row)
        drafts.set(key, current)
      }
    }
    append(current, row)
  }
  return [...drafts.keys()].sort().map((key) => finish(drafts.get(key)!))
}

/** How many rows there are in all. */
export function rowCount(series: readonly SeriesRows[]): number {
  return series.reduce((sum, { timestamps }) => sum + timestamps.length, 0)
}
