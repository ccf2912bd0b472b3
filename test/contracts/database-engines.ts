import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/databases/database.ts'
import { databases } from '../../src/databases/index.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'

/** One kind of database under test. */
export interface Engine {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
  /** Options of a new, empty database. */
  freshOptions(): Promise<Record<string, unknown>>
  /** A statement that would run for very long. */
  readonly endless: string
  /** SQL that makes a table as the original made it, given its name, and fills it by `VALUES`. */
  readonly originalTable: (name: string) => string
  /** Checks that the engine cannot meet, with the reason. */
  readonly exemptions: Readonly<Record<string, string>>
}

const COUNT_UP = (limit: string): string =>
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${limit}) SELECT count(*) FROM c`

function fileEngine(name: 'sqlite' | 'duckdb', rest: Pick<Engine, 'endless' | 'originalTable'>): Engine {
  let folder = ''
  let files = 0
  return {
    name,
    ...rest,
    exemptions: {},
    start: async () => {
      folder = mkdtempSync(join(tmpdir(), `anomstack-${name}-`))
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
    freshOptions: async () => {
      files += 1
      return { path: join(folder, `${files}.db`) }
    },
  }
}

function postgresEngine(): Engine {
  let server: TestPostgres | undefined
  return {
    name: 'postgres',
    endless: 'SELECT pg_sleep(3600)',
    originalTable: (
      name,
    ) => `CREATE TABLE ${name} (metric_timestamp timestamp, metric_batch text, metric_name text, metric_type text,
      metric_value double precision, metadata text)`,
    exemptions: {
      'a name of 10 KB':
        'an index entry of PostgreSQL holds at most 2,704 bytes, so such a name is refused clearly',
    },
    start: async () => {
      server = await startPostgres()
    },
    stop: async () => server?.stop(),
    freshOptions: async () => ({ url: await server!.createDatabase() }),
  }
}

export const engines: readonly Engine[] = [
  fileEngine('sqlite', {
    endless: COUNT_UP('1e15'),
    originalTable: (name) =>
      `CREATE TABLE ${name} (metric_timestamp TEXT, metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value REAL, metadata TEXT)`,
  }),
  fileEngine('duckdb', {
    endless:
      'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE hash(a.range) = hash(b.range + 1)',
    originalTable: (name) =>
      `CREATE TABLE ${name} (metric_timestamp TIMESTAMP WITH TIME ZONE, metric_batch VARCHAR, metric_name VARCHAR, metric_type VARCHAR,
       metric_value DOUBLE, metadata VARCHAR)`,
  }),
  postgresEngine(),
]

/** A database of this kind with validated options. */
export function open(engine: Engine, options: Record<string, unknown>, projectDir = tmpdir()): Database {
  const definition = databases.get(engine.name)!
  return definition.create(definition.options.parse(options), { projectDir })
}
