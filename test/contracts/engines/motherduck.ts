import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDuckdb } from '../../../src/databases/duckdb/open-duckdb.ts'
import type { Engine } from '../engine.ts'
import { duckdb } from './duckdb.ts'

let folder = ''
let databases = 0

/** MotherDuck itself is out of reach of tests: this is what we do with it, on local files that get no keys, as those of its databases that are DuckLakes. */
export const motherduck: Engine = {
  name: 'motherduck',
  endless: duckdb.endless,
  originalTable: duckdb.originalTable,
  exemptions: {
    'without duplicates gets a unique key':
      'databases without keys are what is tested here; those with keys are under contract as duckdb',
  },
  start: async () => {
    folder = mkdtempSync(join(tmpdir(), 'anomstack-motherduck-'))
  },
  stop: async () => rmSync(folder, { recursive: true, force: true }),
  freshOptions: async () => {
    databases += 1
    return { database: `db${databases}`, token: 'token' }
  },
  open: ({ database }) => openDuckdb({ path: join(folder, `${String(database)}.db`), keyless: true }),
}
