import type { Bind, TableDialect } from '../tables/dialect.ts'
import type { SeriesRows } from '../tables/keyed-rows.ts'
import { bindable } from './parameters.ts'

/** The key of one row. */
export interface Key {
  readonly batch: string
  readonly name: string
  readonly type: string
  readonly timestamp: number
}

/** The key of each row. */
export function* keysOf(series: readonly SeriesRows[]): Generator<Key> {
  for (const { batch, name, type, timestamps } of series)
    for (const timestamp of timestamps) yield { batch, name, type, timestamp }
}

/** A key within its batch as one text. No part of it can hold a NUL. */
export function keyText({ name, type, timestamp }: Key): string {
  return `${name}\0${type}\0${timestamp}`
}

/** The same, of a row of the table. */
export function keyExpression({ milliseconds, timestamp }: TableDialect): string {
  return `concat(metric_name, '\\0', metric_type, '\\0', toString(toInt64(${milliseconds(timestamp)})))`
}

/** Items by their batch. */
export function byBatch<T extends { readonly batch: string }>(
  items: Iterable<T>,
): ReadonlyMap<string, readonly T[]> {
  const batches = new Map<string, T[]>()
  for (const item of items) {
    const batch = batches.get(item.batch)
    if (batch === undefined) batches.set(item.batch, [item])
    else batch.push(item)
  }
  return batches
}

/** Keys in lists of one batch that are each short enough to be bound, and so are the texts that are bound beside them. */
export function* keyLists<T extends Key>(
  keys: Iterable<T>,
  besides: (key: T) => string = () => '',
): Generator<readonly T[]> {
  const longer = (one: string, other: string): string =>
    Buffer.byteLength(one) > Buffer.byteLength(other) ? one : other
  for (const list of byBatch(keys).values())
    yield* bindable(list, (key) => longer(keyText(key), besides(key)))
}

/** The condition that a row has one of these keys, which are of one batch. */
export function sameKeys(dialect: TableDialect, keys: readonly Key[], bind: Bind): string {
  const names = [...new Set(keys.map(({ name }) => name))]
  return `metric_batch = ${bind(keys[0]!.batch)} AND metric_name IN ${bind(names)} AND ${keyExpression(dialect)} IN ${bind(keys.map(keyText))}`
}
