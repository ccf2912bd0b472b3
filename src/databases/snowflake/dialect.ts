import type { TableDialect } from '../tables/dialect.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'

/** From so many texts on, a list travels as one document. */
const MAX_LISTED = 100

/** What is collected of a series. Doubles go as text of seventeen digits, because results and documents show fewer; a missing note would be left out. */
const COLLECTED: Readonly<Record<string, string>> = {
  reading: `TO_VARCHAR(reading, 'TME')`,
  note: `COALESCE(note, '')`,
}

/** Snowflake, for tables whose timestamps are TIMESTAMP_NTZ in UTC. */
export const snowflakeDialect: TableDialect = {
  quote: quoteIdentifier,
  plain: /^[A-Z_][A-Z0-9_$]*$/,
  placeholder: () => '?',
  timestamp: 'metric_timestamp',
  time: (milliseconds, bind) => `TO_TIMESTAMP_NTZ(CAST(${bind(String(milliseconds))} AS NUMBER(38, 0)), 3)`,
  milliseconds: (expression) => `DATE_PART(epoch_millisecond, ${expression})`,
  double: (expression) => `CAST(${expression} AS FLOAT)`,
  finite: (expression) =>
    `CAST(${expression} AS FLOAT) NOT IN (CAST('NaN' AS FLOAT), CAST('inf' AS FLOAT), CAST('-inf' AS FLOAT))`,
  oneOf: (expression, texts, bind) =>
    texts.length <= MAX_LISTED
      ? `${expression} IN (${texts.map((text) => bind(text)).join(', ')})`
      : `${expression} IN (SELECT f.value::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(${bind(JSON.stringify(texts))}))) f)`,
  collect: (expression) =>
    `TO_JSON(ARRAY_AGG(${COLLECTED[expression] ?? expression}) WITHIN GROUP (ORDER BY ms))`,
  // A value of Snowflake holds 16 MB, so a note may have three kilobytes on average.
  pieces: 5_000,
  day: (expression) => `DATE_TRUNC('day', ${expression})`,
  daysAgo: (count) => `DATEADD(day, -${count}, DATE_TRUNC('day', CURRENT_TIMESTAMP()::TIMESTAMP_NTZ))`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
}
