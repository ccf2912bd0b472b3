import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { postgresDialect } from './postgres/dialect.ts'
import { postgresOptions } from './postgres/options.ts'

export const postgres = defineDatabase({
  name: 'postgres',
  summary: 'A PostgreSQL server, 14 or newer, or what speaks its protocol.',
  dialect: postgresDialect,
  transpiledTo: 'postgres',
  options: postgresOptions,
  example: { url: 'postgres://anomstack:password@localhost:5432/metrics' },
  environment: {
    url: 'ANOMSTACK_POSTGRES_URL',
    host: 'ANOMSTACK_POSTGRES_HOST',
    port: 'ANOMSTACK_POSTGRES_PORT',
    user: 'ANOMSTACK_POSTGRES_USER',
    password: 'ANOMSTACK_POSTGRES_PASSWORD',
    database: 'ANOMSTACK_POSTGRES_DATABASE',
    ssl: 'ANOMSTACK_POSTGRES_SSL',
  },
  create: (given) =>
    lazyDatabase('pg', async () => (await import('./postgres/open-postgres.ts')).openPostgres(given)),
})
