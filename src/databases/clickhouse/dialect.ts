import type { TableDialect } from '../tables/dialect.ts'
import { bindable, parameterType } from './parameters.ts'

const quote = (name: string): string => `"${name.replace(/[\\"]/g, (character) => `\\${character}`)}"`

const inUtc = (expression: string): string => `toDateTime64(${expression}, 3, 'UTC')`

export const clickhouseDialect: TableDialect = {
  quote,
  plain: /^[A-Za-z_][A-Za-z0-9_]*$/,
  placeholder: (n, value) => `{p${n}:${parameterType(value)}}`,
  timestamp: 'metric_timestamp',
  time: (milliseconds, bind) => `fromUnixTimestamp64Milli(${bind(milliseconds)}, 'UTC')`,
  milliseconds: (expression) => `toFloat64(toUnixTimestamp64Milli(${expression}))`,
  double: (expression) => `toFloat64(${expression})`,
  finite: (expression) => `isFinite(toFloat64(${expression}))`,
  oneOf: (expression, texts, bind) =>
    `(${bindable(texts, (text) => text)
      .map((list) => `${expression} IN ${bind(list)}`)
      .join(' OR ')})`,
  // A group's lists are all in one order, which is not always that of time: whoever reads them puts them in order. NULLs would be left out.
  collect: (expression, values) =>
    values === 'texts' ? `groupArray(ifNull(${expression}, ''))` : `groupArray(${expression})`,
  // What the engine calls the start of a day knows no years before 1970.
  day: (expression) => `toDateTime64(toDate32(${inUtc(expression)}), 3, 'UTC')`,
  daysAgo: (count) => `toDateTime64(toDate32(now('UTC')) - INTERVAL ${count} DAY, 3, 'UTC')`,
  hour: (expression) => `toHour(${inUtc(expression)})`,
}

/** A table's name in quotes, with its database where it was given. */
export function quotedTable(parts: readonly string[]): string {
  return parts.map(quote).join('.')
}
