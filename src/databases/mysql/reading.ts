import { METRIC_COLUMNS } from '../tables/metric-columns.ts'
import { exactText, type TableReading } from './dialect.ts'
import type { MysqlTable } from './names.ts'
import type { MysqlSession } from './session.ts'
import { exactCollation, type Shape, shapeOf } from './shape.ts'

/** What the columns of names are in a statement. */
const TEXTS = new Set(['metric_batch', 'metric_name', 'metric_type'])

/** How a table is read: where its columns take different texts for the same, they stand in the statements as texts that do not. */
export async function readingOf(
  session: MysqlSession,
  table: MysqlTable,
): Promise<{ readonly shape: Shape; readonly reading: TableReading; readonly source: string }> {
  const shape = await shapeOf(session, table)
  if (shape.exact) return { shape, reading: {}, source: table.quoted }
  const collation = await exactCollation(session)
  const columns = METRIC_COLUMNS.map((column) =>
    TEXTS.has(column) ? `${exactText(column, collation)} AS ${column}` : column,
  )
  return {
    shape,
    reading: { collation },
    source: `(SELECT ${columns.join(', ')} FROM ${table.quoted}) AS exact_metrics`,
  }
}
