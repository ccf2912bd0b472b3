import { z } from 'zod'
import { defineDatabase } from './database.ts'
import { duckdbDialect } from './duckdb/dialect.ts'
import { motherduckPlace } from './duckdb/motherduck-place.ts'
import { lazyDatabase } from './lazy-database.ts'

export const motherduck = defineDatabase({
  name: 'motherduck',
  summary: 'A database of MotherDuck, DuckDB in the cloud.',
  dialect: duckdbDialect,
  transpiledTo: 'duckdb',
  options: z.strictObject({
    database: z
      .string()
      .regex(/^[^?]*$/, 'must be a name alone')
      .default('')
      .meta({ description: "Name of the database; the account's default one when not given." }),
    token: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Token that MotherDuck has made for the account.', secret: true }),
    saas_mode: z.boolean().default(false).meta({
      description:
        "Whether users' SQL is kept from files and extensions of this machine (MotherDuck's SaaS mode).",
    }),
  }),
  example: { database: 'metrics', token: 'token' },
  environment: { database: 'ANOMSTACK_MOTHERDUCK_DATABASE', token: 'ANOMSTACK_MOTHERDUCK_TOKEN' },
  create: ({ database, token, saas_mode: saasMode }) =>
    lazyDatabase('@duckdb/node-api', async () => {
      const place = motherduckPlace({
        path: `md:${database}${saasMode ? '?saas_mode=true' : ''}`,
        ...(token === undefined ? {} : { token }),
      })
      return (await import('./duckdb/open-duckdb.ts')).openDuckdb(place)
    }),
})
