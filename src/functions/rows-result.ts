import type { FunctionFailure } from './function-message.ts'
import { shown } from './user-error.ts'

/** What `ingest()` returned, as plain rows that can leave the process; or why it cannot. */
export function rowsResult(result: unknown): readonly Record<string, unknown>[] | FunctionFailure {
  if (!Array.isArray(result))
    return invalid(
      `ingest() returned ${shown(result)}; return an array of rows, each { metric_timestamp, metric_name, metric_value }`,
    )
  const rows: Record<string, unknown>[] = []
  for (const [index, row] of result.entries()) {
    if (!isRecord(row))
      return invalid(`ingest() returned ${shown(row)} as row ${index + 1}; a row is an object`)
    const copy: Record<string, unknown> = Object.create(null)
    for (const [key, value] of Object.entries(row)) {
      if (!isTransferable(value))
        return {
          ...invalid(`ingest() returned ${shown(value)} as "${key}" of row ${index + 1}, which is not data`),
          code: 'FUNCTION_FAILED',
        }
      copy[key] = typeof value === 'bigint' ? Number(value) : value
    }
    rows.push(copy)
  }
  return rows
}

function invalid(problem: string): FunctionFailure {
  return { kind: 'failed', code: 'ROWS_INVALID', problem }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function isTransferable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null || value instanceof Date) return true
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
