import { parse } from 'csv-parse'
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
  const parser = input.pipe(
    parse({ bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: false }),
  )
  input.on('error', (error) => parser.destroy(error))
  let columns: { readonly timestamp: number; readonly value: number } | undefined
  let line = 0
  let newest = Number.NEGATIVE_INFINITY
  for await (const record of parser as AsyncIterable<readonly string[]>) {
    line++
    if (columns === undefined) {
      columns = columnsOf(record, question)
      continue
    }
    const text = record[columns.timestamp] ?? ''
    const timestamp = parseTimestamp(/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text, question.timeZone)
    const given = record[columns.value] ?? ''
    const value = given === '' ? Number.NaN : Number(given)
    if (timestamp === undefined) skip(`${file}:${line}: "${text}" is not a time; the line was left out`)
    else if (!Number.isFinite(value))
      skip(`${file}:${line}: "${given}" is not a finite number; the line was left out`)
    else if (timestamp === newest) skip(`${file}:${line}: ${text} came before; the line was left out`)
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
  if (columns === undefined)
    throw new AnomstackError('INPUT_INVALID', 'the file is empty; it needs a header line', { at: { file } })
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
      wanted === undefined ? `no column is called ${usual.join(', ')}` : `there is no column "${wanted}"`
    throw new AnomstackError(
      'INPUT_INVALID',
      `${problem}; name one of ${header.join(', ')} with --${option}`,
      { at: { file: question.file } },
    )
  }
  return {
    timestamp: find(question.timestampColumn, TIMESTAMP_NAMES, 'timestamp'),
    value: find(question.valueColumn, VALUE_NAMES, 'value'),
  }
}
