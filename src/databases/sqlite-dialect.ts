import type { Dialect } from './dialect.ts'
import { quoteIdentifier } from './identifiers.ts'

export const sqliteDialect: Dialect = {
  quote: quoteIdentifier,
  plain: /^[a-z_][a-z0-9_]*$/,
  day: (expression) => `datetime(${expression}, 'start of day')`,
}
