import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import { AnomstackError } from '../../src/core/errors.ts'
import type { Series } from '../../src/core/series.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'

const TIMESTAMP_NAMES = ['timestamp', 'metric_timestamp', 'datetime', 'date', 'time', 'ds']
const VALUE_NAMES = ['value', 'metric_value', 'y']
const LABEL_NAMES = ['label', 'is_anomaly', 'anomaly']
const LABELS: Readonly<Record<string, number>> = { 0: 0, 1: 1, '0.0': 0, '1.0': 1, false: 0, true: 1 }

export interface LabelledCsv {
  readonly series: Series
  /** 1 for an anomaly, else 0; undefined where the file has no such column. */
  readonly labels: Uint8Array | undefined
}

interface Row {
  readonly timestamp: number
  readonly value: number
  readonly label: number
}

/**
 * Reads a CSV file with a header. Rows are put in the order of time; of several with one time the first stays, as in production, and an anomaly
 * of one is an anomaly of all; a row without a finite value is a gap. Throws `INPUT_INVALID` for what cannot be read.
 */
export function readLabelledCsv(file: string): LabelledCsv {
  const [header, ...lines] = recordsOf(file)
  if (header === undefined)
    throw new AnomstackError('INPUT_INVALID', 'the file is empty; it needs a header line', { at: { file } })
  const names = header.map((name) => name.toLowerCase())
  const find = (usual: readonly string[]) =>
    usual.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1
  const [time, value, label] = [find(TIMESTAMP_NAMES), find(VALUE_NAMES), find(LABEL_NAMES)]
  if (time < 0 || value < 0)
    throw new AnomstackError('INPUT_INVALID', 'the header needs the columns timestamp and value', {
      at: { file },
    })
  const rows = lines
    .map(
      (fields, i): Row => ({
        timestamp: timeOf(fields[time] ?? '', { file, line: i + 2 }),
        value: fields[value] ? Number(fields[value]) : Number.NaN,
        label: label < 0 ? 0 : labelOf(fields[label] ?? '', { file, line: i + 2 }),
      }),
    )
    .filter((row) => Number.isFinite(row.value))
    .sort((a, b) => a.timestamp - b.timestamp)
  const joined: Row[] = []
  for (const row of rows) {
    const last = joined.at(-1)
    if (last?.timestamp !== row.timestamp) joined.push(row)
    else if (row.label > last.label) joined[joined.length - 1] = { ...last, label: row.label }
  }
  if (joined.length === 0)
    throw new AnomstackError('INPUT_INVALID', 'the file has no row with a number', { at: { file } })
  return {
    series: {
      timestamps: Float64Array.from(joined, (row) => row.timestamp),
      values: Float64Array.from(joined, (row) => row.value),
    },
    labels: label < 0 ? undefined : Uint8Array.from(joined, (row) => row.label),
  }
}

function recordsOf(file: string): readonly (readonly string[])[] {
  try {
    return parse(readFileSync(file), {
      bom: true,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
    })
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new AnomstackError('INPUT_INVALID', `the file is not valid CSV: ${cause.message}`, {
      at: { file },
      cause,
    })
  }
}

type Place = { readonly file: string; readonly line: number }

/** A time as text, or a bare number, however small. */
function timeOf(text: string, at: Place): number {
  const time =
    parseTimestamp(text) ?? (/^-?\d+(\.\d+)?$/.test(text) ? parseTimestamp(Number(text)) : undefined)
  if (time === undefined) throw new AnomstackError('INPUT_INVALID', `"${text}" is not a time`, { at })
  return time
}

function labelOf(text: string, at: Place): number {
  const label = LABELS[text.toLowerCase()]
  if (label === undefined)
    throw new AnomstackError('INPUT_INVALID', `"${text}" is not a label, 0 or 1`, { at })
  return label
}
