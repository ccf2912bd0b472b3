import type { TableDialect } from '../tables/dialect.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'
import { stampOf } from './time.ts'

/** SQLite's numbers as text: seventeen digits give every double back exactly. */
const EXACT = '%!.17g'

/** Timestamps are canonical texts (sqlite-time.ts). Lists come as texts: numbers by commas, notes as JSON. */
export const sqliteDialect: TableDialect = {
  quote: quoteIdentifier,
  plain: /^[a-z_][a-z0-9_]*$/,
  placeholder: (n) => `?${n}`,
  timestamp: 'metric_timestamp',
  time: (milliseconds, bind) => bind(stampOf(milliseconds)),
  milliseconds: (expression) =>
    `(unixepoch(${expression}) * 1000 + CAST(substr(${expression}, 21, 3) AS INTEGER))`,
  double: (expression) => `CAST(${expression} AS REAL)`,
  finite: (expression) =>
    `(typeof(${expression}) IN ('integer', 'real') AND abs(${expression}) <= 1.7976931348623157e308)`,
  oneOf: (expression, texts, bind) =>
    `${expression} IN (SELECT value FROM json_each(${bind(JSON.stringify(texts))}))`,
  collect: (expression, values) =>
    values === 'texts'
      ? `json_group_array(coalesce(${expression}, '') ORDER BY ms)`
      : `group_concat(printf('${EXACT}', ${expression}), ',' ORDER BY ms)`,
  day: (expression) => `datetime(${expression}, 'start of day')`,
  daysAgo: (count) => `datetime('now', 'start of day', '-${count} days')`,
  hour: (expression) => `CAST(strftime('%H', ${expression}) AS INTEGER)`,
}
