import { quoteIdentifier, tableNameParts } from '../tables/identifiers.ts'
import { KEY_COLUMNS } from '../tables/metric-columns.ts'
import { STAMP_CHECK, STAMP_OF_ANY_SHAPE } from './time.ts'

/** What there is under a metrics table's name. */
export interface TableShape {
  /** Quoted, to be read from. */
  readonly from: string
  /** SQL of a row's canonical timestamp. */
  readonly stamp: string
  /** `own`: made by us, unique by its primary key. `keyed`: made by somebody else, with our index over the key. `bare`: without it. */
  readonly kind: 'own' | 'keyed' | 'bare'
}

/** SQLite has no schemas beyond attached files: a name of several parts is a table with dots in its name. */
export function plainName(table: string): string {
  const parts = tableNameParts(table)
  return (parts.length > 1 && parts[0]?.toLowerCase() === 'main' ? parts.slice(1) : parts).join('.')
}

const indexName = (table: string): string => `${table}_anomstack_key`

/** Finds the table and our index over it, as rows of name and SQL; the values to bind are `shapeValues`. */
export const SHAPE_SQL = `SELECT name, coalesce(sql, '') FROM main.sqlite_master WHERE name IN (?, ?) COLLATE NOCASE`

export function shapeValues(name: string): [table: string, index: string] {
  return [name, indexName(name)]
}

/** What `SHAPE_SQL` found; undefined when there is no such table. */
export function shapeFrom(
  name: string,
  found: readonly (readonly [name: string, sql: string])[],
): TableShape | undefined {
  const made = found.find(([each]) => each.toLowerCase() === name.toLowerCase())
  if (made === undefined) return undefined
  const from = `main.${quoteIdentifier(made[0])}`
  if (made[1].includes(STAMP_CHECK)) return { from, stamp: 'metric_timestamp', kind: 'own' }
  return { from, stamp: STAMP_OF_ANY_SHAPE, kind: found.length > 1 ? 'keyed' : 'bare' }
}

export function createTableSql(name: string): string {
  return `CREATE TABLE main.${quoteIdentifier(name)} (
    metric_timestamp TEXT NOT NULL CHECK (${STAMP_CHECK}),
    metric_batch TEXT NOT NULL,
    metric_name TEXT NOT NULL,
    metric_type TEXT NOT NULL,
    metric_value REAL NOT NULL,
    metadata TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (${KEY_COLUMNS.join(', ')})
  ) WITHOUT ROWID`
}

/** An index over the key of a table that somebody else made; with duplicates it cannot be unique, and only serves to find rows. */
export function createIndexSql(name: string, uniqueness: 'UNIQUE' | ''): string {
  return `CREATE ${uniqueness} INDEX main.${quoteIdentifier(indexName(name))} ON ${quoteIdentifier(name)}
    (metric_batch, metric_name, metric_type, (${STAMP_OF_ANY_SHAPE}))`
}
