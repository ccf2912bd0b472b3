import { type PoolClient, types } from 'pg'
import type { MetricType } from '../core/metric-row.ts'
import type { History, HistoryQuery } from './database.ts'
import { historyOf } from './history.ts'
import { quoteTable } from './identifiers.ts'
import { shapeOf } from './postgres-shape.ts'
import { stampOf } from './postgres-table.ts'
import { ceilTime, floorTime } from './time-range.ts'

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
  const text = indexed
    ? `WITH RECURSIVE found (name) AS (
        (SELECT metric_name FROM ${table} WHERE metric_batch = $1 ORDER BY metric_name LIMIT 1)
        UNION ALL
        SELECT (SELECT metric_name FROM ${table} WHERE metric_batch = $1 AND metric_name > found.name ORDER BY metric_name LIMIT 1)
        FROM found WHERE found.name IS NOT NULL
      ) SELECT name FROM found WHERE name IS NOT NULL`
    : `SELECT DISTINCT metric_name AS name FROM ${table} WHERE metric_batch = $1 AND metric_name IS NOT NULL`
  const result = await client.query<{ name: string }>(text, [batch])
  return result.rows.map(({ name }) => name)
}

type Row = [name: string, type: MetricType, at: Float64Array, values: Float64Array, texts?: (string | null)[]]

/** One row per series, its points as arrays. */
export async function readHistory(
  client: PoolClient,
  parts: readonly string[],
  query: HistoryQuery,
): Promise<History> {
  const { since, until, maxPoints, metrics } = query
  const averaged = !(await shapeOf(client, parts)).keyed
  const wanted = query.metadataOf ?? []
  const values: unknown[] = []
  const bind = (value: unknown): string => `$${values.push(value)}`
  const text = `SELECT name, type, array_agg(at ORDER BY at), array_agg(value ORDER BY at)
      ${wanted.length === 0 ? '' : ', array_agg(note ORDER BY at)'} FROM (
    SELECT metric_name AS name, metric_type AS type, round(date_part('epoch', metric_timestamp) * 1000)::int8 AS at,
      ${averaged ? 'avg(metric_value::float8)' : 'metric_value::float8'} AS value,
      ${averaged ? 'max(metadata)' : 'metadata'} AS note
      ${maxPoints === undefined ? '' : ', row_number() OVER (PARTITION BY metric_name, metric_type ORDER BY metric_timestamp DESC) AS rank'}
    FROM ${quoteTable(parts)}
    WHERE metric_batch = ${bind(query.batch)} AND metric_type = ANY (${bind([...query.types])}::text[])
      AND metric_value::float8 NOT IN ('NaN', 'Infinity', '-Infinity')
      ${metrics === undefined ? '' : `AND metric_name = ANY (${bind([...metrics])}::text[])`}
      ${since === undefined ? '' : `AND metric_timestamp >= ${bind(stampOf(ceilTime(since)))}::timestamptz`}
      ${until === undefined ? '' : `AND metric_timestamp <= ${bind(stampOf(floorTime(until)))}::timestamptz`}
    ${averaged ? 'GROUP BY metric_name, metric_type, metric_timestamp' : ''}
  ) AS points ${maxPoints === undefined ? '' : `WHERE rank <= ${bind(maxPoints)}`} GROUP BY name, type`
  const result = await client.query<Row>({ text, values, rowMode: 'array', types: columnTypes })
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
