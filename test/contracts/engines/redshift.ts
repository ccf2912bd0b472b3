import { startPostgres, type TestPostgres } from '../../postgres/start-postgres.ts'
import { addListagg } from '../../redshift/listagg.ts'
import type { Engine } from '../engine.ts'

let server: TestPostgres | undefined

/** The wire protocol, against PostgreSQL; test/databases/redshift.test.ts sees to it that what is said there is said in Redshift's SQL. */
export const redshift: Engine = {
  name: 'redshift',
  endless: 'SELECT pg_sleep(3600)',
  originalTable: (
    name,
  ) => `CREATE TABLE ${name} (metric_timestamp timestamp, metric_batch text, metric_name text, metric_type text,
    metric_value double precision, metadata text)`,
  exemptions: {
    'without duplicates gets a unique key': 'Redshift takes unique keys for hints, and enforces none',
  },
  start: async () => {
    server = await startPostgres()
  },
  stop: async () => server?.stop(),
  freshOptions: async () => {
    const url = await server!.createDatabase()
    await addListagg(url)
    return { url, ssl: false }
  },
}
