import { startPostgres, type TestPostgres } from '../../postgres/start-postgres.ts'
import type { Engine } from '../engine.ts'

let server: TestPostgres | undefined

export const postgres: Engine = {
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
