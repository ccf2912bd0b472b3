import type { TableDialect } from '../tables/dialect.ts'
import { quoteTable, writtenParts } from '../tables/identifiers.ts'
import { checkColumns, METRIC_COLUMNS } from '../tables/metric-columns.ts'
import { snowflakeDialect } from './dialect.ts'
import type { SnowflakeSession } from './driver.ts'
import { isMissing } from './errors.ts'

/** A metrics table as it is there. Statements are written with unquoted columns and `TABLE` and `GATHERED` for names of tables, then put into its words by `spell`. */
export interface SnowflakeShape {
  readonly dialect: TableDialect
  /** The point in time, in UTC, of a column or a value as this table keeps it. */
  time(expression: string): string
  /** A point in time in UTC as this table keeps it. */
  stored(expression: string): string
  /** `gathered` names a table beside this one. */
  spell(text: string, gathered?: string): string
}

/** What stands for the table's name until a statement is spelled, and for that of the one beside it where rows are gathered. */
export const TABLE = '$table'
export const GATHERED = '$gathered'

const PLAIN = /^[A-Za-z_][A-Za-z0-9_$]*$/

/** Parts of a table's name as Snowflake spells them: without quotes, a plain name is folded to capitals. */
function foldedParts(name: string): readonly string[] {
  return writtenParts(name).map(({ text, quoted }) =>
    !quoted && PLAIN.test(text) ? text.toUpperCase() : text,
  )
}

/** The spellings under which the table may be found, the one that it would be created by first. The original quoted every name. */
function spellings(name: string): readonly (readonly string[])[] {
  const folded = foldedParts(name)
  const asWritten = writtenParts(name).map(({ text }) => text)
  const lastAsWritten = [...folded.slice(0, -1), asWritten.at(-1)!]
  const all = new Map([folded, lastAsWritten, asWritten].map((parts) => [quoteTable(parts), parts]))
  return [...all.values()]
}

/** The shape of a table as we make it. */
function ownShape(name: string): SnowflakeShape {
  return shapeFrom(
    foldedParts(name),
    METRIC_COLUMNS.map((column) => ({ name: column.toUpperCase(), type: 'TIMESTAMP_NTZ' })),
  )
}

interface Described {
  readonly name: string
  readonly type: string
}

/** The shape of a table with these columns. */
export function shapeFrom(parts: readonly string[], columns: readonly Described[]): SnowflakeShape {
  const actual = new Map(columns.map(({ name }) => [name.toLowerCase(), name]))
  // A column in capitals is meant where there are two.
  for (const { name } of columns) if (name === name.toUpperCase()) actual.set(name.toLowerCase(), name)
  const word = new RegExp(`\\b(?:${METRIC_COLUMNS.join('|')})\\b|\\${TABLE}\\b|\\${GATHERED}\\b`, 'g')
  const timestamp = actual.get('metric_timestamp')
  const type = columns.find(({ name }) => name === timestamp)?.type ?? ''
  const time = momentOf(type)
  return {
    dialect: { ...snowflakeDialect, timestamp: time('metric_timestamp') },
    time,
    stored: (expression) =>
      isText(type) ? `TO_VARCHAR(${expression}, 'YYYY-MM-DD HH24:MI:SS.FF3')` : expression,
    spell: (text, gathered = '') =>
      text.replaceAll(word, (found) => {
        if (found === TABLE) return quoteTable(parts)
        if (found === GATHERED) return quoteTable([...parts.slice(0, -1), gathered])
        const name = actual.get(found) ?? found.toUpperCase()
        return name === found.toUpperCase() ? found : quoteTable([name])
      }),
  }
}

const isText = (type: string): boolean => /^(VARCHAR|TEXT|STRING|CHAR)/i.test(type)

function momentOf(type: string): (expression: string) => string {
  if (isText(type))
    return (expression) =>
      `CAST(CONVERT_TIMEZONE('UTC', TRY_CAST(${expression} AS TIMESTAMP_TZ)) AS TIMESTAMP_NTZ)`
  if (/^TIMESTAMP_(TZ|LTZ)/i.test(type))
    return (expression) => `CAST(CONVERT_TIMEZONE('UTC', ${expression}) AS TIMESTAMP_NTZ)`
  return /^DATE/i.test(type)
    ? (expression) => `CAST(${expression} AS TIMESTAMP_NTZ)`
    : (expression) => expression
}

/** What there is under the table's name. Throws `WRITE_FAILED` when it is no metrics table. */
export async function findShape(
  session: SnowflakeSession,
  name: string,
): Promise<SnowflakeShape | undefined> {
  for (const parts of spellings(name)) {
    try {
      const [result] = await session.execute(`DESCRIBE TABLE ${quoteTable(parts)}`, { values: [] })
      const columns = (result?.rows ?? []).map(([column, type]) => ({
        name: String(column),
        type: String(type),
      }))
      if (columns.length === 0) continue
      checkColumns(
        parts.join('.'),
        columns.map((column) => column.name),
      )
      return shapeFrom(parts, columns)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return undefined
}

/** Shapes of tables as they were last seen, for a look costs a request. One that is missing is taken for one of ours, so that Snowflake itself says so. */
export function snowflakeShapes(): {
  of(session: SnowflakeSession, name: string): Promise<SnowflakeShape>
  forget(name: string): void
} {
  const known = new Map<string, SnowflakeShape>()
  return {
    of: async (session, name) => {
      const seen = known.get(name) ?? (await findShape(session, name))
      if (seen !== undefined) known.set(name, seen)
      return seen ?? ownShape(name)
    },
    forget: (name) => known.delete(name),
  }
}

/** Creates schema and table where they are missing. Snowflake has no keys that it enforces, so rows are kept unique by how they are written. */
export async function ensureTable(session: SnowflakeSession, name: string): Promise<void> {
  if ((await findShape(session, name)) !== undefined) return
  const parts = foldedParts(name)
  const create = `CREATE TABLE IF NOT EXISTS ${quoteTable(parts)} (
    metric_timestamp TIMESTAMP_NTZ(3) NOT NULL,
    metric_batch VARCHAR NOT NULL,
    metric_name VARCHAR NOT NULL,
    metric_type VARCHAR NOT NULL,
    metric_value FLOAT NOT NULL,
    metadata VARCHAR NOT NULL DEFAULT ''
  )`
  try {
    await session.execute(create, { values: [] })
  } catch (error) {
    if (parts.length < 2 || !isMissing(error)) throw error
    // Only now: it asks for the right to create schemas even where there is nothing to create.
    await session.execute(`CREATE SCHEMA IF NOT EXISTS ${quoteTable(parts.slice(0, -1))}`, { values: [] })
    await session.execute(create, { values: [] })
  }
}
