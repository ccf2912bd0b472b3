import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { stampOf } from '../sqlite/time.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { COLUMN_LIST } from '../tables/metric-statements.ts'

const CHUNK_CHARS = 65_536

/** Adds rows to a table, which is given as a quoted name. */
export async function copyRows(
  client: PoolClient,
  table: string,
  series: readonly SeriesRows[],
): Promise<void> {
  await pipeline(
    Readable.from(copyText(series)),
    client.query(copyFrom(`COPY ${table} (${COLUMN_LIST}) FROM STDIN`)),
  )
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function escaped(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character]!)
}

function* copyText(series: readonly SeriesRows[]): Generator<string> {
  let text = ''
  for (const { batch, name, type, timestamps, values, metadata } of series) {
    const key = `${escaped(batch)}\t${escaped(name)}\t${escaped(type)}`
    for (let i = 0; i < timestamps.length; i++) {
      const note = metadata?.[i] ?? ''
      text += `${stampOf(timestamps[i]!)}Z\t${key}\t${values[i]}\t${note === '' ? '' : escaped(note)}\n`
      if (text.length < CHUNK_CHARS) continue
      yield text
      text = ''
    }
  }
  yield text
}
