import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import type { FunctionFailure } from './function-message.ts'
import { shown } from './user-error.ts'

/** Features without rows: nothing to judge. */
export const NO_FEATURES: Features = {
  timestamps: new Float64Array(),
  data: new Float64Array(),
  columns: 0,
  names: [],
}

/** What `preprocess()` returned for a series, as features; or why it cannot be. The shapes are those of `FunctionRunner.preprocess`. */
export function featuresResult(result: unknown, series: Series): Features | FunctionFailure {
  if (result === undefined || result === null) return NO_FEATURES
  const table = isList(result) ? alignedToEnd(result, series) : ownTimestamps(result)
  if ('kind' in table) return table
  const width = table.rows[0] === undefined ? 0 : rowOf(table.rows[0]).length
  const wrong = table.rows.findIndex((row) => rowOf(row).length !== width)
  if (wrong !== -1)
    return invalid(`row ${wrong + 1} has ${rowOf(table.rows[wrong]).length} columns, the first has ${width}`)
  if (table.names.length !== 0 && table.names.length !== width)
    return invalid(`there are ${table.names.length} names for ${width} columns`)
  return collect(table, width)
}

interface Table {
  readonly timestamps: ArrayLike<unknown>
  readonly rows: readonly unknown[]
  readonly names: readonly string[]
}

function alignedToEnd(list: ArrayLike<unknown>, { timestamps }: Series): Table | FunctionFailure {
  const rows = Array.from(list)
  if (rows.length > timestamps.length)
    return invalid(
      `there are ${rows.length} rows for ${timestamps.length} points; say which with { timestamps, rows }`,
    )
  return { timestamps: timestamps.subarray(timestamps.length - rows.length), rows, names: [] }
}

function ownTimestamps(result: unknown): Table | FunctionFailure {
  const {
    timestamps,
    rows,
    names = [],
  } = (typeof result === 'object' ? result : {}) as Record<string, unknown>
  if (!isList(timestamps) || !isList(rows))
    return invalid(`it is ${shown(result)}; return { timestamps, rows }, or an array of rows`)
  if (timestamps.length !== rows.length)
    return invalid(`there are ${timestamps.length} timestamps for ${rows.length} rows`)
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    return invalid(`names is ${shown(names)}, not a list of texts`)
  return { timestamps, rows: Array.from(rows), names }
}

function collect({ timestamps, rows, names }: Table, width: number): Features | FunctionFailure {
  const kept: { readonly time: number; readonly row: ArrayLike<unknown> }[] = []
  for (const [index, value] of rows.entries()) {
    const time = timeOf(timestamps[index])
    if (!Number.isFinite(time)) return invalid(`timestamp ${index + 1} is ${shown(timestamps[index])}`)
    const row = rowOf(value)
    if (width > 0 && Array.from(row).every(Number.isFinite)) kept.push({ time, row })
  }
  if (kept.length === 0) return NO_FEATURES
  kept.sort((a, b) => a.time - b.time)
  const twice = kept.find(({ time }, index) => index > 0 && kept[index - 1]?.time === time)
  if (twice !== undefined) return invalid(`two rows have the timestamp ${new Date(twice.time).toISOString()}`)
  const data = new Float64Array(kept.length * width)
  for (const [index, { row }] of kept.entries()) data.set(row as ArrayLike<number>, index * width)
  return { timestamps: Float64Array.from(kept, ({ time }) => time), data, columns: width, names }
}

function invalid(problem: string): FunctionFailure {
  return {
    kind: 'failed',
    code: 'FUNCTION_FAILED',
    problem: `what preprocess() returned cannot be used: ${problem}`,
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function rowOf(value: unknown): ArrayLike<unknown> {
  return isList(value) ? value : [value]
}

function timeOf(value: unknown): number {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'number' ? value : Number.NaN
}
