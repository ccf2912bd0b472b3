import { AnomstackError } from '../../core/errors.ts'
import { checkColumns, isKey, KEY_COLUMNS, METRIC_COLUMNS } from '../tables/metric-columns.ts'
import { quoteName } from './dialect.ts'
import { isError } from './errors.ts'
import type { MysqlTable } from './names.ts'
import type { MysqlSession } from './session.ts'

/** What there is under a table's name. */
export interface Shape {
  readonly exists: boolean
  /** Whether the names' columns tell every two texts apart; most collations take `a`, `A` and `a ` for the same. */
  readonly exact: boolean
  /** Whether a unique index keeps it free of duplicates. */
  readonly keyed: boolean
  /** Whether it holds nothing but a metrics table's columns and key, so that a row may be replaced as a whole. */
  readonly bare: boolean
  /** Most characters of a column; absent for one without a limit. */
  readonly lengths: ReadonlyMap<string, number>
  /** Digits of the timestamp's fraction of a second. */
  readonly precision: number
}

interface Column {
  readonly Field: string
  readonly Type: string
  readonly Collation: string | null
}

interface IndexPart {
  readonly Key_name: string
  readonly Non_unique: number
  readonly Column_name: string | null
  readonly Sub_part: number | null
}

const ABSENT: Shape = {
  exists: false,
  exact: true,
  keyed: false,
  bare: true,
  lengths: new Map(),
  precision: 3,
}
const EXACT = /_(nopad|0900)_bin$/

/** Throws `WRITE_FAILED` when what is there is no metrics table. */
export async function shapeOf(session: MysqlSession, table: MysqlTable): Promise<Shape> {
  let columns: readonly Column[]
  try {
    columns = await session.rows<Column>(`SHOW FULL COLUMNS FROM ${table.quoted}`)
  } catch (error) {
    if (isError(error, 'missingTable') || isError(error, 'unknownDatabase')) return ABSENT
    throw error
  }
  checkColumns(
    table.shown,
    columns.map(({ Field }) => Field),
  )
  const of = (name: string): Column => columns.find(({ Field }) => Field.toLowerCase() === name)!
  const texts = ['metric_batch', 'metric_name', 'metric_type'].map(of)
  const parts = await session.rows<IndexPart>(`SHOW INDEX FROM ${table.quoted}`)
  const names = [...new Set(parts.map(({ Key_name }) => Key_name))]
  const indexes = names.map((name) => parts.filter(({ Key_name }) => Key_name === name))
  const exact = texts.every(({ Collation }) => EXACT.test(Collation ?? ''))
  const keyed = indexes.some(isUniqueKey)
  return {
    exists: true,
    exact,
    keyed: keyed && exact,
    bare: indexes.length <= 1 && columns.length === METRIC_COLUMNS.length,
    lengths: new Map(
      texts.flatMap(({ Field, Type }) => {
        const length = /^(?:var)?char\((\d+)\)/i.exec(Type)?.[1]
        return length === undefined ? [] : [[Field.toLowerCase(), Number(length)] as const]
      }),
    ),
    precision: precisionOf(of('metric_timestamp').Type),
  }
}

function isUniqueKey(parts: readonly IndexPart[]): boolean {
  return (
    parts.every(({ Non_unique, Sub_part }) => Number(Non_unique) === 0 && Sub_part === null) &&
    isKey(parts.map(({ Column_name }) => (Column_name ?? '').toLowerCase()))
  )
}

function precisionOf(type: string): number {
  const found = /^(?:datetime|timestamp)(?:\((\d)\))?/i.exec(type)
  return found === null ? 3 : Number(found[1] ?? 0)
}

/** The collation that tells every two texts apart: MariaDB's or MySQL's. */
export async function exactCollation(session: MysqlSession): Promise<string> {
  const [found] = await session.rows<{ name: string }>(
    `SELECT collation_name AS name FROM information_schema.collations
     WHERE collation_name IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin') ORDER BY collation_name DESC LIMIT 1`,
  )
  if (found !== undefined) return found.name
  throw new AnomstackError(
    'WRITE_FAILED',
    'this server has no collation that tells names apart by their trailing spaces: MySQL 8.0.17 or MariaDB 10.3 is needed',
    { retryable: false },
  )
}

/** Creates database and table, or a key for a table that somebody else made. */
export async function ensureTable(session: MysqlSession, table: MysqlTable): Promise<void> {
  const shape = await shapeOf(session, table)
  if (shape.keyed) return
  if (shape.exists) return shape.exact ? addKey(session, table) : undefined
  await createTable(session, table)
}

async function createTable(session: MysqlSession, table: MysqlTable): Promise<void> {
  const { schema } = table
  if (schema !== undefined) {
    const known = await session.rows('SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', [
      schema,
    ])
    // Not IF NOT EXISTS alone: that asks for the right to create even where there is nothing to create.
    if (known.length === 0)
      await session.change(`CREATE DATABASE IF NOT EXISTS ${quoteName(schema)} CHARACTER SET utf8mb4`)
  }
  await session.change(
    `CREATE TABLE IF NOT EXISTS ${table.quoted} (${COLUMNS}) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE ${await exactCollation(session)}`,
  )
}

/** An index of InnoDB holds 3,072 bytes, and a character of utf8mb4 takes up to four. */
export const COLUMNS = `metric_timestamp DATETIME(3) NOT NULL,
  metric_batch VARCHAR(190) NOT NULL,
  metric_name VARCHAR(540) NOT NULL,
  metric_type VARCHAR(24) NOT NULL,
  metric_value DOUBLE NOT NULL,
  metadata LONGTEXT NOT NULL,
  PRIMARY KEY (${KEY_COLUMNS.join(', ')})`

/** A table that holds duplicates, whose columns are too long for an index, or that is not ours to change, is used as it is. */
async function addKey(session: MysqlSession, table: MysqlTable): Promise<void> {
  try {
    await session.change(
      `ALTER TABLE ${table.quoted} ADD UNIQUE INDEX anomstack_key (${KEY_COLUMNS.join(', ')})`,
    )
  } catch (error) {
    for (const kind of ['duplicates', 'sameIndex', 'cannotIndex', 'notAllowed'] as const)
      if (isError(error, kind)) return
    throw error
  }
}
