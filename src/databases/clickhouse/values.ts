import type { SqlRow } from '../database.ts'

/** Rows as lists, after a line of names and one of types. */
export const ROW_FORMAT = 'JSONCompactEachRowWithNamesAndTypes'

/** How values are written in it. */
export const ROW_SETTINGS = {
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_denormals: 1,
  output_format_json_quote_decimals: 0,
  output_format_json_named_tuples_as_objects: 1,
} as const

type Parse = (value: unknown) => unknown

const same: Parse = (value) => value
/** Numbers wider than JSON has them, and those that are none, are written as text. */
const asNumber: Parse = (value) =>
  typeof value === 'string' ? Number(value.replace(/inf$/, 'Infinity')) : value
const asDate: Parse = (value) => {
  if (typeof value !== 'string') return value
  const date = new Date(value)
  return Number.isNaN(date.getTime()) ? value : date
}

/** What makes plain values of a column of this type. */
function parserOf(type: string): Parse {
  const [, wrapper, inner] = /^(Nullable|LowCardinality|Array)\((.*)\)$/.exec(type) ?? []
  if (wrapper === 'Array') {
    const parse = parserOf(inner!)
    return parse === same ? same : (value) => (Array.isArray(value) ? value.map(parse) : value)
  }
  if (inner !== undefined) return parserOf(inner)
  if (/^(U?Int\d+|B?Float\d+|Decimal\b)/.test(type)) return asNumber
  return /^Date(32|Time|Time64)?(\(|$)/.test(type) ? asDate : same
}

/** Rows of an answer in `ROW_FORMAT`, or nothing if the statement returns no rows. */
export function rowsOf(answer: string): readonly SqlRow[] | undefined {
  if (answer === '') return undefined
  const [names, types, ...lines] = answer.split('\n')
  const columns = JSON.parse(names!) as string[]
  const parsers = (JSON.parse(types!) as string[]).map(parserOf)
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const values = JSON.parse(line) as unknown[]
      return Object.fromEntries(columns.map((name, i) => [name, parsers[i]!(values[i])]))
    })
}
