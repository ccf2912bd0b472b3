import { AnomstackError } from '../../core/errors.ts'

/** Columns of a metrics table, in their order. */
export const METRIC_COLUMNS = [
  'metric_timestamp',
  'metric_batch',
  'metric_name',
  'metric_type',
  'metric_value',
  'metadata',
] as const

/** Columns of the unique key, in the order that serves reads of one series in time order. */
export const KEY_COLUMNS = ['metric_batch', 'metric_name', 'metric_type', 'metric_timestamp'] as const

/** Throws `WRITE_FAILED` when an existing table of this name is no metrics table. */
export function checkColumns(table: string, existing: readonly string[]): void {
  const known = new Set(existing.map((name) => name.toLowerCase()))
  const missing = METRIC_COLUMNS.filter((name) => !known.has(name))
  if (missing.length === 0) return
  throw new AnomstackError(
    'WRITE_FAILED',
    `the table ${table} exists but is no metrics table: it has no column ${missing.join(', ')}; choose another table_key`,
    { retryable: false },
  )
}

/** Whether an index over these columns is the unique key of a metrics table. */
export function isKey(columns: readonly string[]): boolean {
  return columns.length === KEY_COLUMNS.length && KEY_COLUMNS.every((name) => columns.includes(name))
}
