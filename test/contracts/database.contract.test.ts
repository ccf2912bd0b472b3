import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { databases } from '../../src/databases/index.ts'
import { databaseContract } from './database.contract.ts'
import type { Engine } from './engine.ts'
import { duckdb } from './engines/duckdb.ts'
import { postgres } from './engines/postgres.ts'
import { sqlite } from './engines/sqlite.ts'

/** Those that run with what npm brings; the others are under the same contract in `test/emulators`. */
const engines: readonly Engine[] = [sqlite, duckdb, postgres]

it('every kind of database that holds metrics tables is under contract', () => {
  const emulated = readdirSync(new URL('../emulators', import.meta.url))
    .map((file) => /^(.+)\.contract\.test\.ts$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
  const kinds = [...databases.values()].filter(({ readOnly }) => !readOnly).map(({ name }) => name)
  expect([...engines.map(({ name }) => name), ...emulated].sort()).toEqual(kinds.sort())
})

for (const engine of engines) databaseContract(engine)
