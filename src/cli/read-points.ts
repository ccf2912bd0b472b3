import { CsvError, parse } from 'csv-parse'
import { AnomstackError } from '../core/errors.ts'
import { parseTimestamp } from '../core/timestamp.ts'

export interface PointsQuestion {
  /** For messages. */
  readonly file: string
  readonly timeZone: string
  readonly timestampColumn?: string
  readonly valueColumn?: string
  /** Told of each line that was left out. */
  readonly skip: (problem: string) => void
}

export interface Point {
  readonly timestamp: number
  /** The timestamp as it was written. */
  readonly text: string
  readonly value: number
}

const TIMESTAMP_NAMES = ['metric_timestamp', 'timestamp', 'datetime', 'date', 'time', 'ds', 'ts']
const VALUE_NAMES = ['metric_value', 'value', 'y', 'count']

/** The points of a CSV file with a header, in the order of the file. A time before the last one is an error: what is in the past cannot be judged again. */
export async function* readPoints(
  input: NodeJS.ReadableStream,
  question: PointsQuestion,
): AsyncGenerator<Point> {
  const { file, skip } = question
  const parser = input.pipe(parse({ bom: true, trim: true, relax_column_count: true }))
  input.on('error', (error) => parser.destroy(error))
  let columns: { readonly timestamp: number; readonly value: number } | undefined
  // Of records, which differ from lines only where a field in quotes has several.
  let line = 0
  let newest = Number.NEGATIVE_INFINITY
  try {
    for await (const fields of parser as AsyncIterable<readonly string[]>) {
      line++
      if (fields.length < 2 && (fields[0] ?? '') === '') continue
      if (columns === undefined) {
        columns = columnsOf(fields, question)
        continue
      }
      const text = fields[columns.timestamp] ?? ''
      const timestamp = timeOf(text, question.timeZone)
      const given = fields[columns.value] ?? ''
      const value = given === '' ? Number.NaN : Number(given)
      if (timestamp === undefined) skip(`${file}:${line}: "${text}" is not a time; the line was left out`)
      else if (!Number.isFinite(value))
        skip(`${file}:${line}: "${given}" is not a finite number; the line was left out`)
      else if (timestamp === newest)
        skip(`${file}:${line}: the line before has the time ${text} too; the line was left out`)
      else if (timestamp < newest)
        throw new AnomstackError(
          'INPUT_INVALID',
          `${text} comes after a later time; sort the file by time first`,
          { at: { file, line } },
        )
      else {
        newest = timestamp
        yield { timestamp, text, value }
      }
    }
  } catch (error) {
    throw error instanceof CsvError ? notCsv(error, file) : error
  }
  if (columns === undefined)
    throw new AnomstackError('INPUT_INVALID', 'the file is empty; it needs a header line', { at: { file } })
}

function notCsv(error: CsvError, file: string): AnomstackError {
  const line = typeof error.lines === 'number' ? { line: error.lines } : {}
  return new AnomstackError('INPUT_INVALID', `the file is not valid CSV: ${error.message}`, {
    at: { file, ...line },
    cause: error,
  })
}

/** A time as dates write it, or a bare number: seconds to nanoseconds since 1970, however small. */
function timeOf(text: string, timeZone: string): number | undefined {
  return (
    parseTimestamp(text, timeZone) ??
    (/^-?\d+(\.\d+)?$/.test(text) ? parseTimestamp(Number(text), timeZone) : undefined)
  )
}

function columnsOf(header: readonly string[], question: PointsQuestion) {
  const lower = header.map((name) => name.toLowerCase())
  const find = (wanted: string | undefined, usual: readonly string[], option: string): number => {
    const index =
      wanted === undefined
        ? usual.map((name) => lower.indexOf(name)).find((at) => at >= 0)
        : lower.indexOf(wanted.toLowerCase())
    if (index !== undefined && index >= 0) return index
    const problem =
      wanted === undefined
        ? `none of the columns has a usual name of a ${option} (${usual.join(', ')})`
        : `there is no column "${wanted}"`
    throw new AnomstackError(
      'INPUT_INVALID',
      `${problem}; say which one it is with --${option}: ${header.join(', ')}`,
      { at: { file: question.file } },
    )
  }
  return {
    timestamp: find(question.timestampColumn, TIMESTAMP_NAMES, 'timestamp'),
    value: find(question.valueColumn, VALUE_NAMES, 'value'),
  }
}
