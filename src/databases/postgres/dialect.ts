import type { TableDialect } from '../tables/dialect.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'

/** Epoch milliseconds as PostgreSQL reads them. */
export function stampOf(timestamp: number): string {
  return new Date(timestamp).toISOString()
}

export const postgresDialect: TableDialect = {
  quote: quoteIdentifier,
  plain: /^[a-z_][a-z0-9_]*$/,
  placeholder: (n) => `$${n}`,
  timestamp: 'metric_timestamp',
  time: (milliseconds, bind) => `${bind(stampOf(milliseconds))}::timestamptz`,
  milliseconds: (expression) => `round(date_part('epoch', ${expression}) * 1000)::int8`,
  double: (expression) => `${expression}::float8`,
  finite: (expression) => `${expression}::float8 NOT IN ('NaN', 'Infinity', '-Infinity')`,
  oneOf: (expression, texts, bind) => `${expression} = ANY (${bind([...texts])}::text[])`,
  collect: (expression) => `array_agg(${expression} ORDER BY ms)`,
  day: (expression) => `date_trunc('day', ${expression})`,
  daysAgo: (count) => `(date_trunc('day', now()) - interval '${count} days')`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
}
