import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import { COLUMN_LIST } from '../tables/metric-statements.ts'
import { stampOf } from './dialect.ts'
import { isError } from './errors.ts'
import type { MysqlSession } from './session.ts'

/** Up to so many rows travel as bound values of one statement; a file is faster for more. */
export const MAX_BOUND_ROWS = 1_000
const CHUNK_CHARS = 65_536

/** What rows are written to, and what becomes of one that is there. */
export interface Target {
  /** Quoted. */
  readonly table: string
  /** Follows the VALUES of an INSERT. */
  readonly onDuplicate: string
  /** Whether a row that is there may be replaced as a whole, so that a file can be read straight into the table. */
  readonly replaces: boolean
}

/** Brings rows to the server, several statements at most: more than `MAX_BOUND_ROWS` need a transaction to be one write. Throws what the engine says of a row that does not fit. */
export async function insertRows(
  session: MysqlSession,
  series: readonly SeriesRows[],
  target: Target,
): Promise<void> {
  const count = rowCount(series)
  if (count > MAX_BOUND_ROWS && target.replaces && (await loadRows(session, series, target.table))) return
  const rows = boundRows(series)
  for (let from = 0; from < count; from += MAX_BOUND_ROWS) {
    const some = rows.slice(from, from + MAX_BOUND_ROWS)
    await session.change(
      `INSERT INTO ${target.table} (${COLUMN_LIST}) VALUES ${some.map(() => '(?, ?, ?, ?, ?, ?)').join(', ')} ${target.onDuplicate}`,
      some.flat(),
    )
  }
}

/** False where server or driver does not let clients send files. */
async function loadRows(
  session: MysqlSession,
  series: readonly SeriesRows[],
  table: string,
): Promise<boolean> {
  const [setting] = await session.rows<{ allowed: number }>('SELECT @@local_infile AS allowed')
  if (setting?.allowed !== 1) return false
  try {
    const { warnings } = await session.load(
      `LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE ${table} CHARACTER SET utf8mb4
       FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${COLUMN_LIST})`,
      lines(series),
    )
    // Sent by a client, a value that does not fit is cut with a warning, in every mode of the server.
    if (warnings === 0) return true
    const [first] = await session.rows<{ Message: string }>('SHOW WARNINGS LIMIT 1')
    throw new Error(`a row does not fit the table: ${first?.Message ?? `${warnings} warnings`}`)
  } catch (error) {
    if (isError(error, 'noLocalFiles')) return false
    throw error
  }
}

function boundRows(series: readonly SeriesRows[]): readonly (readonly unknown[])[] {
  return series.flatMap(({ batch, name, type, timestamps, values, metadata }) =>
    Array.from(timestamps, (timestamp, i) => [
      stampOf(timestamp),
      batch,
      name,
      type,
      values[i]!,
      metadata?.[i] ?? '',
    ]),
  )
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escaped(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!)
}

function* lines(series: readonly SeriesRows[]): Generator<Buffer> {
  let text = ''
  for (const { batch, name, type, timestamps, values, metadata } of series) {
    const key = `${escaped(batch)}\t${escaped(name)}\t${escaped(type)}`
    for (let i = 0; i < timestamps.length; i++) {
      const note = metadata?.[i] ?? ''
      text += `${stampOf(timestamps[i]!)}\t${key}\t${values[i]}\t${note === '' ? '' : escaped(note)}\n`
      if (text.length < CHUNK_CHARS) continue
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text)
}
