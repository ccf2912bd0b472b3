import { startPostgres, type TestPostgres } from '../../postgres/start-postgres.ts'
import { addListagg } from '../../redshift/listagg.ts'
import type { Engine } from '../engine.ts'
import { allSaying, WRONG_SECRETS } from './refused.ts'

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
  network: {
    refused: ({ url }) => {
      const refused = {
        'a wrong password': { url: String(url).replace(/:[^:@]*@/, ':wr0ng%27secret@'), ssl: false },
        'no server': { url: "redshift://u:wr0ng'secret@127.0.0.1:1/x", ssl: false },
        'no TLS at the server': { url, ssl: 'verify-full' },
      }
      return allSaying(refused, /Redshift.*check/s)
    },
    secrets: () => [...WRONG_SECRETS, server!.password, encodeURIComponent(server!.password)],
    at: (port) => ({ url: `redshift://u@127.0.0.1:${port}/x`, ssl: false }),
    restarting: {
      restart: () => server!.restart(),
      async running() {
        const [found] = await server!.query(
          `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE '%sleep(3600)%' AND pid <> pg_backend_pid()`,
        )
        return Number(found?.n)
      },
    },
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
