import type { TableDialect } from '../tables/dialect.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'

/** The column in UTC, whatever it was made as. A no-op for the tables that we make. */
export const STAMP = 'metric_timestamp::TIMESTAMP'

export const duckdbDialect: TableDialect = {
  quote: quoteIdentifier,
  plain: /^[a-z_][a-z0-9_]*$/,
  placeholder: (n) => `$${n}`,
  timestamp: STAMP,
  time: (milliseconds, bind) => `epoch_ms(${bind(milliseconds)}::BIGINT)`,
  milliseconds: (expression) => `epoch_ms(${expression})::DOUBLE`,
  double: (expression) => `${expression}::DOUBLE`,
  finite: (expression) => `isfinite(${expression}::DOUBLE)`,
  oneOf: (expression, texts, bind) => `${expression} IN (SELECT unnest(${bind([...texts])}))`,
  collect: (expression) => `list(${expression} ORDER BY ms)`,
  day: (expression) => `date_trunc('day', (${expression})::TIMESTAMP)`,
  daysAgo: (count) => `(date_trunc('day', now()::TIMESTAMP) - INTERVAL ${count} DAY)`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
}
