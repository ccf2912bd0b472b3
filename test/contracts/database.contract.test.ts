import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { databases } from '../../src/databases/index.ts'
import { databaseContract } from './database.contract.ts'
import type { Engine } from './engine.ts'
import { clickhouse } from './engines/clickhouse.ts'
import { duckdb } from './engines/duckdb.ts'
import { motherduck } from './engines/motherduck.ts'
import { postgres } from './engines/postgres.ts'
import { redshift } from './engines/redshift.ts'
import { sqlite } from './engines/sqlite.ts'
import { turso } from './engines/turso.ts'

/** Those that run with what npm brings; the others are under the same contract in `test/emulators`. */
const engines: readonly Engine[] = [sqlite, duckdb, motherduck, postgres, redshift, turso, clickhouse]

it('every kind of database that holds metrics tables is under contract', () => {
  const emulated = readdirSync(new URL('../emulators', import.meta.url))
    .map((file) => /^(.+)\.contract\.test\.ts$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
  const kinds = [...databases.values()].filter(({ readOnly }) => !readOnly).map(({ name }) => name)
  expect([...engines.map(({ name }) => name), ...emulated].sort()).toEqual(kinds.sort())
})

for (const engine of engines) databaseContract(engine)
