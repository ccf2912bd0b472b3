import { type PoolClient, types } from 'pg'
import type { MetricType } from '../../core/metric-row.ts'
import type { History, HistoryQuery } from '../database.ts'
import { historyOf } from '../tables/history.ts'
import { quoteTable } from '../tables/identifiers.ts'
import { historyStatement, namesStatement } from '../tables/metric-statements.ts'
import { postgresDialect } from './dialect.ts'
import { shapeOf } from './shape.ts'

const BIGINT_ARRAY = 1016
const FLOAT_ARRAY = 1022

function numbersOf(text: string): Float64Array {
  return Float64Array.from(text.slice(1, -1).split(','), Number)
}

/** Arrays of numbers become columns while rows arrive. */
const columnTypes = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === BIGINT_ARRAY || oid === FLOAT_ARRAY
      ? numbersOf
      : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
}

/** Through the index, from name to name, without a look at the points between. */
export async function readNames(
  client: PoolClient,
  parts: readonly string[],
  batch: string,
): Promise<readonly string[]> {
  const table = quoteTable(parts)
  const { indexed } = await shapeOf(client, parts)
  const { text, values } = indexed
    ? {
        text: `WITH RECURSIVE found (name) AS (
        (SELECT metric_name FROM ${table} WHERE metric_batch = $1 ORDER BY metric_name LIMIT 1)
        UNION ALL
        SELECT (SELECT metric_name FROM ${table} WHERE metric_batch = $1 AND metric_name > found.name ORDER BY metric_name LIMIT 1)
        FROM found WHERE found.name IS NOT NULL
      ) SELECT name FROM found WHERE name IS NOT NULL`,
        values: [batch],
      }
    : namesStatement(postgresDialect, table, batch)
  const result = await client.query<{ name: string }>(text, [...values])
  return result.rows.map(({ name }) => name)
}

type Row = [name: string, type: MetricType, at: Float64Array, values: Float64Array, texts?: (string | null)[]]

/** One row per series, its points as arrays. */
export async function readHistory(
  client: PoolClient,
  parts: readonly string[],
  query: HistoryQuery,
): Promise<History> {
  const duplicates = !(await shapeOf(client, parts)).keyed
  const wanted = query.metadataOf ?? []
  const { text, values } = historyStatement(postgresDialect, quoteTable(parts), query, { duplicates })
  const result = await client.query<Row>({ text, values: [...values], rowMode: 'array', types: columnTypes })
  return historyOf(
    result.rows.map(([name, type, timestamps, points, notes]) => ({
      name,
      type,
      points: {
        timestamps,
        values: points,
        ...(wanted.includes(type) ? { metadata: (notes ?? []).map((note) => note ?? '') } : {}),
      },
    })),
  )
}
