import { type CustomTypesConfig, types } from 'pg'

/** PostgreSQL's timestamps, with a zone or (then UTC) without, as Date. `infinity` stays text. */
function dateOf(text: string): Date | string {
  const found =
    /^(\d{4,})-(\d\d)-(\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::?\d\d)?)?)?(:\d\d)?( BC)?$/.exec(text)
  if (found === null || found[8] !== undefined) return text
  const [, year, month, day, clock = '00:00:00', fraction = '', zone = '+00'] = found
  const offset = zone.length === 3 ? `${zone}:00` : zone
  const date = new Date(
    `${year!.length > 4 ? `+${year!.padStart(6, '0')}` : year}-${month}-${day}T${clock}${fraction.slice(0, 4)}${offset}`,
  )
  return Number.isNaN(date.getTime()) ? text : date
}

/** Parses an array's text into texts, then each by `parse`; arrays may be nested. */
function arrayOf(parse: (text: string) => unknown): (text: string) => unknown {
  const texts = types.getTypeParser(TEXT_ARRAY as 25)
  const each = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(each) : value === null ? null : parse(value as string)
  return (text) => each(texts(text))
}

const TEXT_ARRAY = 1009
const asText = (text: string): string => text

const PARSERS = new Map<number, (text: string) => unknown>([
  [20, Number],
  [1700, Number],
  [1082, dateOf],
  [1114, dateOf],
  [1184, dateOf],
  [1186, asText],
  [1016, arrayOf(Number)],
  [1231, arrayOf(Number)],
  [1182, arrayOf(dateOf)],
  [1115, arrayOf(dateOf)],
  [1185, arrayOf(dateOf)],
  [1187, arrayOf(asText)],
])

/** Type parsers of our connections: 64-bit integers and numerics are numbers, dates and timestamps are Date in UTC, intervals are text. */
export const plainTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) => PARSERS.get(oid) ?? types.getTypeParser(oid, format),
}
