import { resolve } from 'node:path'
import { z } from 'zod'
import { defineDatabase } from './database.ts'
import { duckdbDialect } from './duckdb-dialect.ts'
import { lazyDatabase } from './lazy-database.ts'

export const duckdb = defineDatabase({
  name: 'duckdb',
  summary: 'A DuckDB file, for analytical SQL without a server; one process at a time can open it.',
  dialect: duckdbDialect,
  transpiledTo: 'duckdb',
  options: z.strictObject({
    path: z.string().min(1).default('tmpdata/anomstack-duckdb.db').meta({
      description:
        'The file, relative to the project; its folder is created. `:memory:` keeps everything in memory until the process ends.',
    }),
  }),
  example: { path: 'tmpdata/anomstack-duckdb.db' },
  environment: { path: 'ANOMSTACK_DUCKDB_PATH' },
  create: ({ path }, { projectDir }) =>
    lazyDatabase('@duckdb/node-api', async () => {
      const { openDuckdb } = await import('./duckdb-database.ts')
      return openDuckdb(/^(:memory:$|md:)/.test(path) ? path : resolve(projectDir, path))
    }),
})
