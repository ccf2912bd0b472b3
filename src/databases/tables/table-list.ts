import type { ColumnInfo, TableInfo } from '../database.ts'
import type { Dialect } from './dialect.ts'

/** One column of a table, as an engine's catalog lists it. */
export interface CatalogRow {
  /** Empty or absent in the default schema. */
  readonly schema?: string | null
  readonly table: string
  readonly column: string
  /** As the engine writes it. */
  readonly type: string
}

const TIME = /^(timestamp|datetime|smalldatetime)/
const DATE = /^date(32)?$/
const NUMBER =
  /^(u?(tiny|small|medium|big|huge)?int(eger)?\d*|int\d+|byteint|numeric|bignumeric|decimal|dec|number|real|double|float\d*|money|(small|big)?serial)\b/
const WRAPPER = /^(?:nullable|lowcardinality)\((.*)\)$/

/** Which kind of column a type of SQL is. */
export function columnKind(type: string): ColumnInfo['kind'] {
  const text = type.trim().toLowerCase()
  const inner = WRAPPER.exec(text)?.[1]
  if (inner !== undefined) return columnKind(inner)
  if (TIME.test(text)) return 'time'
  if (DATE.test(text)) return 'date'
  return NUMBER.test(text) && !/^double\[|\[\]$/.test(text) ? 'number' : 'other'
}

/** Words that some engine reserves and that are likely names. */
const RESERVED = new Set(
  `all analyze and any array as asc between by case cast check column constraint create cross current_date current_timestamp database default desc
  distinct else end except exists false fetch for foreign from full function grant group groups having hash if in index inner insert int intersect interval into is join
  key keys left like limit localtime merge natural new no not null of offset on or order outer over partition primary range rank references right row rows
  schema select set some table tablesample then to trigger true union unique unnest update user users using values view when where window with within`.split(
    /\s+/,
  ),
)

/** A name as it is best written in a query: in quotes only where it needs them. */
export function writtenName(dialect: Dialect, name: string): string {
  return dialect.plain.test(name) && !RESERVED.has(name.toLowerCase()) ? name : dialect.quote(name)
}

/** Columns by table, in the order in which they come. */
export function tableList(dialect: Dialect, rows: Iterable<CatalogRow>): readonly TableInfo[] {
  const tables = new Map<string, ColumnInfo[]>()
  for (const { schema, table, column, type } of rows) {
    const name = [schema, table]
      .filter((part) => part !== undefined && part !== null && part !== '')
      .map((part) => writtenName(dialect, part as string))
      .join('.')
    const columns = tables.get(name) ?? []
    columns.push({ name: column, kind: columnKind(type) })
    tables.set(name, columns)
  }
  return [...tables].map(([name, columns]) => ({ name, columns }))
}
