import type { SeriesRows } from '../tables/keyed-rows.ts'
import type { TypedValue } from './parameters.ts'

/** Points of a series in one line, so that a line stays small beside what the engine takes (100 MB). */
const POINTS_PER_LINE = 5_000

/** Columns of rows that are on their way into a table: one row per series, its points nested. */
export const STAGED_FIELDS = [
  { name: 'batch', type: 'STRING' },
  { name: 'name', type: 'STRING' },
  { name: 'type', type: 'STRING' },
  {
    name: 'points',
    type: 'RECORD',
    mode: 'REPEATED',
    fields: [
      { name: 'ms', type: 'INTEGER' },
      { name: 'value', type: 'FLOAT' },
      { name: 'note', type: 'STRING' },
    ],
  },
]

/** A query, in parentheses, that gives staged rows the columns of a metrics table whose times are of a type. `rows` is a table or an array in `UNNEST`. */
export function stagedRows(rows: string, stampType: string): string {
  const stamp = 'TIMESTAMP_MILLIS(p.ms)'
  return `(SELECT ${stampType === 'TIMESTAMP' ? stamp : `CAST(${stamp} AS ${stampType})`} AS metric_timestamp, r.batch AS metric_batch,
    r.name AS metric_name, r.type AS metric_type, p.value AS metric_value, p.note AS metadata FROM ${rows} AS r, UNNEST(r.points) AS p)`
}

/** A text may end in half of a surrogate pair, which JSON can write and the engine cannot store. */
function wellFormed(text: string): string {
  return /\p{Cs}/u.test(text) ? Buffer.from(text).toString() : text
}

/** Staged rows as lines of JSON. */
export function* jsonLines(series: readonly SeriesRows[]): Generator<string> {
  for (const { batch, name, type, timestamps, values, metadata } of series) {
    const key = JSON.stringify({ batch, name, type }).slice(0, -1)
    for (let start = 0; start < timestamps.length; start += POINTS_PER_LINE) {
      const end = Math.min(start + POINTS_PER_LINE, timestamps.length)
      let points = ''
      for (let i = start; i < end; i++) {
        const note = metadata?.[i] ?? ''
        points += `${i === start ? '' : ','}{"ms":${timestamps[i]},"value":${values[i]},"note":${note === '' ? '""' : JSON.stringify(wellFormed(note))}}`
      }
      yield `${key},"points":[${points}]}\n`
    }
  }
}

const STAGED_TYPE = {
  type: 'ARRAY',
  arrayType: {
    type: 'STRUCT',
    structTypes: [
      { name: 'batch', type: { type: 'STRING' } },
      { name: 'name', type: { type: 'STRING' } },
      { name: 'type', type: { type: 'STRING' } },
      {
        name: 'points',
        type: {
          type: 'ARRAY',
          arrayType: {
            type: 'STRUCT',
            structTypes: [
              { name: 'ms', type: { type: 'INT64' } },
              { name: 'value', type: { type: 'FLOAT64' } },
              { name: 'note', type: { type: 'STRING' } },
            ],
          },
        },
      },
    ],
  },
}

/** Staged rows as one bound value. */
export function stagedParameter(series: readonly SeriesRows[]): TypedValue {
  return {
    typed: true,
    parameterType: STAGED_TYPE,
    parameterValue: {
      arrayValues: series.map(({ batch, name, type, timestamps, values, metadata }) => ({
        structValues: {
          batch: { value: batch },
          name: { value: name },
          type: { value: type },
          points: {
            arrayValues: Array.from(timestamps, (ms, i) => ({
              structValues: {
                ms: { value: String(ms) },
                value: { value: String(values[i]) },
                note: { value: wellFormed(metadata?.[i] ?? '') },
              },
            })),
          },
        },
      })),
    },
  }
}

/** Roughly how many characters the rows take as a bound value. */
export function parameterSize(series: readonly SeriesRows[]): number {
  const perPoint = 130
  return series.reduce(
    (sum, { batch, name, timestamps, metadata }) =>
      sum +
      batch.length +
      name.length +
      timestamps.length * perPoint +
      (metadata?.reduce((total, note) => total + note.length, 0) ?? 0),
    0,
  )
}
