import { startPostgres, type TestPostgres } from '../../postgres/start-postgres.ts'
import type { Engine } from '../engine.ts'
import { allSaying, WRONG_SECRETS } from './refused.ts'

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
  network: {
    refused: ({ url }) => {
      const { host, port, user, password } = server!
      const parts = { host, port, user, password }
      const refused = {
        'a wrong password by parts': { ...parts, password: "wr0ng'secret%/", database: 'postgres' },
        'a wrong password in an address': {
          url: `postgres://postgres:wr0ng%27secret%25%2F@127.0.0.1:${port}/postgres`,
        },
        'a database that is not there': { url: String(url).replace(/test_\d+$/, 'wr0ng') },
        'no server': { url: "postgres://u:wr0ng'secret@127.0.0.1:1/x" },
        'an unknown host': { url: 'postgres://u:wr0ngsecret@host.invalid/x' },
        'no TLS at the server': { ...parts, ssl: 'require' },
        'an address that is none': { url: 'postgres://u:wr0ngsecret@[:x' },
      }
      return allSaying(refused, /PostgreSQL/)
    },
    secrets: () => [...WRONG_SECRETS, server!.password, encodeURIComponent(server!.password)],
    tries: 10,
    at: (port) => ({ url: `postgres://u@127.0.0.1:${port}/x` }),
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
  freshOptions: async () => ({ url: await server!.createDatabase() }),
}
