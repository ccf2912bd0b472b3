import type { HistoryQuery } from '../database.ts'
import { ceilTime, floorTime } from '../tables/time-range.ts'
import { consistently, type SqliteConnection } from './connection.ts'
import type { HistoryPart } from './protocol.ts'
import type { TableShape } from './schema.ts'
import { requireShape } from './shape.ts'
import { stampOf, timestampOf } from './time.ts'

/** Points sent in one message. */
const PART_POINTS = 100_000

type Source = Pick<TableShape, 'from' | 'stamp'> & { readonly averaged: boolean }

/** What to read the table from, indexed by series and time. A table without such an index (one of somebody else's in a file that cannot
 * be written) is copied into a temporary table, in the order that is needed. */
export function readableSource(connection: SqliteConnection, table: string, batch?: string): Source {
  const shape = requireShape(connection, table, false)
  if (shape.kind !== 'bare') return { ...shape, averaged: shape.kind === 'keyed' }
  connection.exec('DROP TABLE IF EXISTS temp.anomstack_copy')
  connection.exec(`CREATE TEMP TABLE anomstack_copy (metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_timestamp TEXT,
    metric_value REAL, metadata TEXT, PRIMARY KEY (metric_batch, metric_name, metric_type, metric_timestamp)) WITHOUT ROWID`)
  connection
    .prepare(`INSERT INTO temp.anomstack_copy
      SELECT metric_batch, metric_name, metric_type, ${shape.stamp} AS stamp, avg(metric_value), max(metadata) FROM ${shape.from}
      WHERE (metric_batch = ?1 OR ?1 IS NULL) AND typeof(metric_value) IN ('integer', 'real')
        AND metric_batch IS NOT NULL AND metric_name IS NOT NULL AND metric_type IS NOT NULL
      GROUP BY 1, 2, 3, 4 HAVING stamp IS NOT NULL`)
    .run([batch ?? null])
  return { from: 'temp.anomstack_copy', stamp: 'metric_timestamp', averaged: false }
}

/** Reads series by series through the index, in one snapshot, and hands the points over in packed parts. */
export function readHistory(
  connection: SqliteConnection,
  table: string,
  query: HistoryQuery,
  send: (part: HistoryPart) => void,
): void {
  consistently(connection, () => {
    const source = readableSource(connection, table, query.batch)
    const read = seriesReader(connection, source, query)
    const packer = createPacker(send)
    for (const name of query.metrics === undefined
      ? namesOf(connection, source, query.batch)
      : new Set(query.metrics))
      for (const type of query.types)
        packer.add(name, type, read(name, type, query.metadataOf?.includes(type) ?? false))
    packer.flush()
  })
}

/** Through the index, from name to name, without a look at the points between. */
export function readNames(connection: SqliteConnection, table: string, batch: string): readonly string[] {
  return consistently(connection, () => [
    ...namesOf(connection, readableSource(connection, table, batch), batch),
  ])
}

function* namesOf(connection: SqliteConnection, { from }: Source, batch: string): Generator<string> {
  const next = connection
    .prepare(
      `SELECT metric_name FROM ${from} WHERE metric_batch = ? AND metric_name > ? ORDER BY metric_name LIMIT 1`,
    )
    .raw()
  let name = ''
  for (;;) {
    const found = next.get([batch, name]) as [string] | undefined
    if (found === undefined) return
    name = found[0]
    yield name
  }
}

type Row = [stamp: string, value: number, metadata?: string | null]
type ReadSeries = (name: string, type: string, withMetadata: boolean) => Iterable<Row>

function seriesReader(
  connection: SqliteConnection,
  { from, stamp, averaged }: Source,
  query: HistoryQuery,
): ReadSeries {
  const { batch, since, until, maxPoints } = query
  const bounds = [
    ...(since === undefined ? [] : [{ sql: `AND ${stamp} >= ?`, value: stampOf(ceilTime(since)) }]),
    ...(until === undefined ? [] : [{ sql: `AND ${stamp} <= ?`, value: stampOf(floorTime(until)) }]),
  ]
  const prepare = (withMetadata: boolean) => {
    const value = averaged ? 'avg(metric_value)' : 'metric_value'
    const metadata = withMetadata ? `, ${averaged ? 'max(metadata)' : 'metadata'}` : ''
    return connection
      .prepare(`SELECT ${stamp} AS stamp, ${value}${metadata} FROM ${from}
        WHERE metric_batch = ? AND metric_name = ? AND metric_type = ? AND ${stamp} IS NOT NULL
          ${bounds.map(({ sql }) => sql).join(' ')} ${averaged ? "AND typeof(metric_value) IN ('integer', 'real') GROUP BY stamp" : ''}
        ORDER BY stamp ${maxPoints === undefined ? '' : 'DESC LIMIT ?'}`)
      .raw()
  }
  const plain = prepare(false)
  const detailed = prepare(true)
  const tail = [...bounds.map(({ value }) => value), ...(maxPoints === undefined ? [] : [maxPoints])]
  return (name, type, withMetadata) => {
    const rows = (withMetadata ? detailed : plain).iterate([
      batch,
      name,
      type,
      ...tail,
    ]) as IterableIterator<Row>
    return maxPoints === undefined ? rows : [...rows].reverse()
  }
}

function createPacker(send: (part: HistoryPart) => void) {
  let timestamps = new Float64Array(1024)
  let values = new Float64Array(1024)
  let used = 0
  let heads: { name: string; type: string; length: number; metadata: string[] | null }[] = []
  const grow = (from: Float64Array): Float64Array<ArrayBuffer> => {
    const larger = new Float64Array(from.length * 2)
    larger.set(from)
    return larger
  }
  const flush = (): void => {
    if (heads.length === 0) return
    send({
      names: heads.map(({ name }) => name),
      types: heads.map(({ type }) => type),
      lengths: heads.map(({ length }) => length),
      timestamps: timestamps.slice(0, used),
      values: values.slice(0, used),
      metadata: heads.map(({ metadata }) => metadata),
    })
    heads = []
    used = 0
  }
  const add = (name: string, type: string, rows: Iterable<Row>): void => {
    const start = used
    let metadata: string[] | null = null
    for (const row of rows) {
      if (used === timestamps.length) {
        timestamps = grow(timestamps)
        values = grow(values)
      }
      timestamps[used] = timestampOf(row[0])
      values[used] = row[1]
      if (row.length > 2) {
        metadata ??= []
        metadata.push(row[2] ?? '')
      }
      used += 1
    }
    if (used > start) heads.push({ name, type, length: used - start, metadata })
    if (used >= PART_POINTS) flush()
  }
  return { add, flush }
}
