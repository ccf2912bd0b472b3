import { resolve } from 'node:path'
import { z } from 'zod'
import { defineDatabase } from './database.ts'
import { duckdbDialect } from './duckdb/dialect.ts'
import { motherduckPlace } from './duckdb/motherduck-place.ts'
import { lazyDatabase } from './lazy-database.ts'

export const duckdb = defineDatabase({
  name: 'duckdb',
  summary: 'A DuckDB file, for analytical SQL without a server; one process at a time can open it.',
  dialect: duckdbDialect,
  transpiledTo: 'duckdb',
  options: z.strictObject({
    path: z.string().min(1).default('tmpdata/anomstack-duckdb.db').meta({
      description:
        'The file, relative to the project; its folder is created. `:memory:` keeps everything in memory until the process ends, and `md:name` is a database of MotherDuck.',
    }),
    motherduck_token: z.string().min(1).optional().meta({
      description: 'Token of MotherDuck, for a path that begins with md:.',
      secret: true,
    }),
  }),
  example: { path: 'tmpdata/anomstack-duckdb.db' },
  environment: { path: 'ANOMSTACK_DUCKDB_PATH', motherduck_token: 'ANOMSTACK_MOTHERDUCK_TOKEN' },
  create: ({ path, motherduck_token: token }, { projectDir }) =>
    lazyDatabase('@duckdb/node-api', async () => {
      const { openDuckdb } = await import('./duckdb/open-duckdb.ts')
      if (path.startsWith('md:'))
        return openDuckdb(motherduckPlace({ path, ...(token === undefined ? {} : { token }) }))
      return openDuckdb({ path: path === ':memory:' ? path : resolve(projectDir, path) })
    }),
})
