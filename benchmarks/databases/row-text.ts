import type { MetricRow } from '../../src/core/metric-row.ts'
import { stampOf } from '../../src/databases/sqlite/time.ts'

const CHUNK_CHARS = 65_536

/** Rows as lines of texts between tabs, in the order of a metrics table's columns. They hold nothing that would have to be escaped. */
export function* rowText(rows: Iterable<MetricRow>): Generator<string> {
  let text = ''
  for (const { timestamp, batch, name, type, value, metadata } of rows) {
    text += `${stampOf(timestamp)}\t${batch}\t${name}\t${type}\t${value}\t${metadata}\n`
    if (text.length < CHUNK_CHARS) continue
    yield text
    text = ''
  }
  yield text
}
