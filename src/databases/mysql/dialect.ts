import type { Dialect, TableDialect } from '../tables/dialect.ts'

/** A name in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Epoch milliseconds as MySQL reads them, in UTC. */
export function stampOf(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 23).replace('T', ' ')
}

export const mysqlDialect: Dialect = {
  quote: quoteName,
  plain: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
  day: (expression) => `TIMESTAMP(DATE(${expression}))`,
  daysAgo: (count) => `(TIMESTAMP(CURRENT_DATE) - INTERVAL ${count} DAY)`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
  double: (expression) => `(${expression} + 0e0)`,
}

/** How a metrics table is read and written. */
export interface TableReading {
  /** Texts are compared by it, whatever that of the columns; by that of the columns when not given. */
  readonly collation?: string
  /** The most points that are collected at once. */
  readonly pieces?: number
}

/** A statement has at most 65,535 bound values. */
const MOST_BOUND = 30_000

export function mysqlTableDialect({ collation, pieces }: TableReading): TableDialect {
  return {
    ...mysqlDialect,
    ...(pieces === undefined ? {} : { pieces }),
    placeholder: (_, value) =>
      collation === undefined || typeof value !== 'string' ? '?' : exactText('?', collation),
    timestamp: 'metric_timestamp',
    time: (milliseconds, bind) => `CAST(${bind(stampOf(milliseconds))} AS DATETIME(3))`,
    // UNIX_TIMESTAMP knows no time before 1970.
    milliseconds: (expression) => `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${expression}) DIV 1000)`,
    // There is neither NaN nor infinity.
    finite: (expression) => `${expression} IS NOT NULL`,
    // A column that equals one text is a constant to MariaDB, which then sorts groups by that column although the key has them in order: with NULL, which equals
    // nothing, it is none.
    oneOf: (expression, texts, bind) =>
      texts.length <= MOST_BOUND
        ? `${expression} IN (${texts.map(bind).join(', ')}${texts.length === 1 ? ', NULL' : ''})`
        : `${expression} IN (SELECT listed FROM JSON_TABLE(${bind(JSON.stringify(texts))}, '$[*]' COLUMNS (listed VARCHAR(540) PATH '$')) AS list)`,
    // In whatever order the rows come, which is that of the primary key: to ask for an order would sort each group. Who reads them looks.
    collect: (expression, values) =>
      values === 'texts'
        ? `GROUP_CONCAT(HEX(CONVERT(COALESCE(${expression}, '') USING utf8mb4)))`
        : `GROUP_CONCAT(${expression})`,
  }
}

/** A text as something that differs from every other text, also by case, accents and trailing spaces. */
export function exactText(expression: string, collation: string): string {
  return `CONVERT(${expression} USING utf8mb4) COLLATE ${collation}`
}
