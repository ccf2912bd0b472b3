import { parseTimestamp } from '../core/timestamp.ts'
import type { ColumnInfo, Database, TableInfo } from '../databases/database.ts'
import type { Dialect } from '../databases/tables/dialect.ts'
import { METRIC_COLUMNS } from '../databases/tables/metric-columns.ts'
import { timeCandidates, type WatchedTable } from './table-batches.ts'

/** Rows newer than this make a table one that is still being filled, ms. */
const CURRENT = 2 * 86_400_000
/** A table whose time nobody can tell after so many tries has none. */
const TRIES = 4

export interface Profile {
  readonly watched: readonly WatchedTable[]
  /** Table -> why it is not watched. */
  readonly passedOver: ReadonlyMap<string, string>
}

/** Looks for the column of each table by which its rows can be counted by days: one whose newest value is a time. */
export async function profileTables(
  database: Database,
  { dialect, now }: { readonly dialect: Dialect; readonly now: number },
): Promise<Profile> {
  const watched: WatchedTable[] = []
  const passedOver = new Map<string, string>()
  for (const table of (await database.tables?.()) ?? []) {
    if (isMetricsTable(table)) {
      passedOver.set(table.name, 'a metrics table')
      continue
    }
    const candidates = timeCandidates(table).slice(0, TRIES)
    const found = await firstTime(database, { table, candidates, dialect })
    if (found !== undefined)
      watched.push({ table, time: found.time, isCurrent: now - found.newest < CURRENT })
    else passedOver.set(table.name, candidates.length === 0 ? 'no column of times' : 'no rows with a time')
  }
  return { watched, passedOver }
}

function isMetricsTable({ columns }: TableInfo): boolean {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()))
  return METRIC_COLUMNS.every((name) => names.has(name))
}

async function firstTime(
  database: Database,
  {
    table,
    candidates,
    dialect,
  }: { readonly table: TableInfo; readonly candidates: readonly ColumnInfo[]; readonly dialect: Dialect },
): Promise<{ readonly time: ColumnInfo; readonly newest: number } | undefined> {
  for (const time of candidates) {
    const rows = await database.query(`SELECT max(${dialect.quote(time.name)}) AS newest FROM ${table.name}`)
    const value = Object.values(rows[0] ?? {})[0]
    const newest = parseTimestamp(value)
    if (newest !== undefined) return { time, newest }
  }
  return undefined
}
