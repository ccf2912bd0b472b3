import type { Bind, TableDialect } from '../tables/dialect.ts'

/** A name in backticks, with the escapes of GoogleSQL. */
function quote(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

export const bigqueryDialect: TableDialect = {
  quote,
  plain: /^[a-z_][a-z0-9_]*$/i,
  placeholder: (n) => `@p${n}`,
  timestamp: 'metric_timestamp',
  time: (milliseconds: number, bind: Bind) => `TIMESTAMP_MILLIS(${bind(milliseconds)})`,
  milliseconds: (expression) => `UNIX_MILLIS(${expression})`,
  double: (expression) => `CAST(${expression} AS FLOAT64)`,
  finite: (expression) =>
    `(NOT IS_NAN(CAST(${expression} AS FLOAT64)) AND NOT IS_INF(CAST(${expression} AS FLOAT64)))`,
  oneOf: (expression, texts, bind) => `${expression} IN UNNEST(${bind([...texts])})`,
  // One text for a whole series: the API would wrap each element of an array into an object.
  collect: (expression) => `TO_JSON_STRING(ARRAY_AGG(${expression} ORDER BY ms))`,
  day: (expression) => `TIMESTAMP_TRUNC(CAST(${expression} AS TIMESTAMP), DAY)`,
  daysAgo: (count) => `TIMESTAMP_SUB(TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY), INTERVAL ${count} DAY)`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
}
