import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type * as Databases from '../src/databases/index.ts'
import { built } from './built.ts'
import { clickhouse } from './databases/clickhouse.ts'
import { compare, type Size } from './databases/compare.ts'
import { comparisonTable } from './databases/comparison-table.ts'
import { duckdb } from './databases/duckdb.ts'
import type { Engine, RunningEngine } from './databases/engine.ts'
import { mariadb } from './databases/mariadb.ts'
import { postgres } from './databases/postgres.ts'
import { sqlite } from './databases/sqlite.ts'
import { turso } from './databases/turso.ts'
import type { Benchmark, Measurement } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

/** Those that run here as what they are. Redshift's statements on PostgreSQL, and the emulators of Snowflake and BigQuery, would say how fast those stand-ins
 * are; MotherDuck is DuckDB behind a network that is not here. */
const ENGINES: readonly Engine[] = [sqlite, duckdb, postgres, clickhouse, turso, mariadb]
const SIZE: Size = { written: 400, read: 500, points: 2_500 }

async function startOrSay(engine: Engine, folder: string): Promise<RunningEngine | undefined> {
  await mkdir(folder)
  try {
    return await engine.start(folder)
  } catch (error) {
    process.stderr.write(
      `${engine.name} is left out: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return undefined
  }
}

/** Bulk writes and histories of each kind of database beside those by its vendor's client alone. */
export const benchmark: Benchmark = ({ quick }) =>
  inScratchFolder(async (folder) => {
    const { databases } = await built<typeof Databases>('databases/index.js')
    const size = quick ? { ...SIZE, points: 50 } : SIZE
    const results = new Map<string, readonly Measurement[]>()
    for (const each of ENGINES) {
      const engine = await startOrSay(each, join(folder, each.name))
      if (engine === undefined) continue
      const definition = databases.get(each.name)!
      try {
        results.set(
          each.name,
          await compare(each, {
            engine,
            open: (options) => definition.create(definition.options.parse(options), { projectDir: folder }),
            size,
          }),
        )
      } finally {
        await engine.stop()
      }
    }
    process.stderr.write(`${comparisonTable(results)}\n`)
    return [...results.values()].flat()
  })
