import type { MetricType } from '../../core/metric-row.ts'
import { statement } from '../tables/dialect.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { CELL_FORMAT, cellRows } from './cells.ts'
import { byBatch, type Key, keyExpression, keyLists, keyText, sameKeys } from './keys.ts'
import type { ClickhouseSession } from './server.ts'
import type { Shape } from './shape.ts'
import { insertRows } from './table.ts'

interface Changed extends Key {
  readonly value: number
  readonly metadata: string
}

/** What a key's rows hold. */
interface Held {
  /** How many different rows. */
  readonly versions: number
  readonly value: number
  readonly metadata: string
}

/**
 * Inserts or updates rows of a table whose engine keeps no key: rows that are there with other values are changed where they are, then those that are not there are
 * added. Nothing is ever deleted, so whoever is stopped in between has lost nothing and writes the rest when it tries again.
 */
export async function upsertUnkeyed(
  session: ClickhouseSession,
  table: string,
  { shape, series }: { readonly shape: Shape; readonly series: readonly SeriesRows[] },
): Promise<void> {
  const fresh: SeriesRows[] = []
  const changed: Changed[] = []
  for (const [batch, group] of byBatch(series)) {
    const steps = group.map((each) => inSteps(each, shape.stepMs))
    const held = await readHeld(session, shape, { batch, series: steps })
    for (const each of steps) {
      const { added, restated } = compare(each, held)
      if (added.length > 0) fresh.push(pick(each, added))
      for (const index of restated) changed.push(rowAt(each, index))
    }
  }
  for (const list of keyLists(changed, ({ metadata }) => metadata))
    await update(session, table, { shape, rows: list })
  if (fresh.length > 0) await insertRows(session, table, fresh)
}

/** A series with timestamps as the table keeps them: the last of each step stays. */
function inSteps(series: SeriesRows, stepMs: number): SeriesRows {
  if (stepMs === 1) return series
  const at = series.timestamps.map((timestamp) => Math.floor(timestamp / stepMs) * stepMs)
  return pick(
    { ...series, timestamps: at },
    [...at.keys()].filter((i) => at[i] !== at[i + 1]),
  )
}

function pick(series: SeriesRows, indexes: readonly number[]): SeriesRows {
  const { timestamps, values, metadata } = series
  return {
    ...series,
    timestamps: Float64Array.from(indexes, (i) => timestamps[i]!),
    values: Float64Array.from(indexes, (i) => values[i]!),
    ...(metadata === undefined ? {} : { metadata: indexes.map((i) => metadata[i]!) }),
  }
}

function rowAt({ batch, name, type, timestamps, values, metadata }: SeriesRows, i: number): Changed {
  return { batch, name, type, timestamp: timestamps[i]!, value: values[i]!, metadata: metadata?.[i] ?? '' }
}

function compare(
  series: SeriesRows,
  held: ReadonlyMap<string, ReadonlyMap<number, Held>>,
): { readonly added: readonly number[]; readonly restated: readonly number[] } {
  const { name, type, timestamps, values, metadata } = series
  const known = held.get(`${name}\0${type}`)
  const added: number[] = []
  const restated: number[] = []
  for (const [i, timestamp] of timestamps.entries()) {
    const found = known?.get(timestamp)
    if (found === undefined) added.push(i)
    else if (found.versions > 1 || found.value !== values[i] || found.metadata !== (metadata?.[i] ?? ''))
      restated.push(i)
  }
  return { added, restated }
}

/** What the table holds where the series are, by name and type, then by timestamp. */
async function readHeld(
  session: ClickhouseSession,
  { dialect, source }: Shape,
  { batch, series }: { readonly batch: string; readonly series: readonly SeriesRows[] },
): Promise<ReadonlyMap<string, ReadonlyMap<number, Held>>> {
  const first = series.reduce((least, { timestamps }) => Math.min(least, timestamps[0]!), Infinity)
  const last = series.reduce((most, { timestamps }) => Math.max(most, timestamps.at(-1)!), -Infinity)
  const names = [...new Set(series.map(({ name }) => name))]
  const types = [...new Set(series.map(({ type }) => type))]
  const note = "ifNull(metadata, '')"
  const lists = ['ms', 'versions', 'reading', 'note'].map((column) => `groupArray(${column})`).join(', ')
  const { body } = await session.ask(
    statement(
      dialect,
      (bind) => `SELECT name, type, ${lists} FROM (
        SELECT metric_name AS name, metric_type AS type, assumeNotNull(${dialect.milliseconds(dialect.timestamp)}) AS ms,
          toFloat64(uniqExact((metric_value, ${note}))) AS versions,
          any(ifNull(${dialect.double('metric_value')}, nan)) AS reading, any(${note}) AS note
        FROM ${source}
        WHERE metric_batch = ${bind(batch)} AND ${dialect.oneOf('metric_type', types, bind)} AND ${dialect.oneOf('metric_name', names, bind)}
          AND ${dialect.timestamp} BETWEEN ${dialect.time(first, bind)} AND ${dialect.time(last, bind)}
        GROUP BY name, type, ms
      ) GROUP BY name, type`,
    ),
    { format: CELL_FORMAT },
  )
  const held = new Map<string, Map<number, Held>>()
  for (const row of cellRows(body)) {
    const [name, type, at, versions, values, notes] = row as readonly unknown[] as readonly [
      string,
      MetricType,
      Float64Array,
      Float64Array,
      Float64Array,
      readonly string[],
    ]
    const points = Array.from(at, (timestamp, i): [number, Held] => [
      timestamp,
      { versions: versions[i]!, value: values[i]!, metadata: notes[i]! },
    ])
    held.set(`${name}\0${type}`, new Map(points))
  }
  return held
}

/** Gives rows that are there new values, duplicates among them too. */
async function update(
  session: ClickhouseSession,
  table: string,
  { shape: { dialect }, rows }: { readonly shape: Shape; readonly rows: readonly Changed[] },
): Promise<void> {
  const key = keyExpression(dialect)
  await session.tell(
    statement(dialect, (bind) => {
      const keys = bind(rows.map(keyText))
      // Not as whole numbers and fractions mixed: a list has one type, told by its first item.
      const values = `arrayMap(x -> toFloat64(x), ${bind(rows.map(({ value }) => String(value)))})`
      return `ALTER TABLE ${table} UPDATE
        metric_value = transform(${key}, ${keys}, ${values}, toFloat64(ifNull(metric_value, 0))),
        metadata = transform(${key}, ${keys}, ${bind(rows.map(({ metadata }) => metadata))}, ifNull(metadata, ''))
        WHERE ${sameKeys(dialect, rows, bind)}`
    }),
  )
}
