import type { SqlRow } from '../database.ts'
import type { SnowflakeResult } from './driver.ts'

const UNQUOTED = /^[^a-z]*$/
const COUNTS = /^number of (multi-joined )?rows /

/** The rows of the last statement that returns some, by column. Names without quotes, which Snowflake spells in capitals, come in small letters. */
export function lastRows(results: readonly SnowflakeResult[]): readonly SqlRow[] {
  const found = results.findLast(returnsRows)
  if (found === undefined) return []
  const names = found.columns.map((column) => {
    const name = column.getName()
    return UNQUOTED.test(name) ? name.toLowerCase() : name
  })
  return found.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, plainValue(row[i])])))
}

/** Whatever changes something answers too: with its status, or with how many rows it has changed. */
function returnsRows({ columns }: SnowflakeResult): boolean {
  const names = columns.map((column) => column.getName())
  return !(names.length === 1 && names[0] === 'status') && !names.every((name) => COUNTS.test(name))
}

/** The driver's dates carry methods of their own. */
function plainValue(value: unknown): unknown {
  if (value instanceof Date) return new Date(value.getTime())
  return value instanceof Uint8Array ? new Uint8Array(value) : (value ?? null)
}
