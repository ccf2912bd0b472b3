import { startClickhouse, type TestClickhouse } from '../../clickhouse/start-clickhouse.ts'
import type { Engine } from '../engine.ts'
import { WRONG_SECRETS } from './refused.ts'

let server: TestClickhouse | undefined

export const clickhouse: Engine = {
  name: 'clickhouse',
  endless: 'SELECT count(sleepEachRow(0.05)) FROM numbers(100000) SETTINGS max_block_size = 1',
  originalTable: (
    name,
  ) => `CREATE TABLE ${name} (metric_timestamp Nullable(DateTime), metric_batch Nullable(String), metric_name Nullable(String),
    metric_type Nullable(String), metric_value Nullable(Float64), metadata Nullable(String)) ENGINE = MergeTree ORDER BY tuple()`,
  translated: (sql) => sql.replace('UPDATE t SET a = 3', 'ALTER TABLE t UPDATE a = 3 WHERE true'),
  exemptions: {
    'without duplicates gets a unique key':
      'ClickHouse has no unique keys, and a table keeps the engine that it was made with',
    'ends with its temporary tables and open transactions':
      'transactions of ClickHouse are experimental and off; for temporary tables see test/databases/clickhouse.test.ts',
  },
  network: {
    refused: ({ database }) => {
      const { host, port, user, password } = server!
      const parts = { host, port, user, password, database }
      return {
        'a wrong password by parts': {
          options: { ...parts, password: "wr0ng'secret%/" },
          says: /ClickHouse.*user and password/s,
        },
        'a wrong password in an address': {
          options: { url: `http://anomstack:wr0ng%27secret%25%2F@127.0.0.1:${port}/default` },
          says: /ClickHouse.*user and password/s,
        },
        'a database that is not there': {
          options: { ...parts, database: 'no_such_one' },
          says: /ClickHouse.*no_such_one/s,
        },
        'no server': {
          options: { url: "http://u:wr0ng'secret@127.0.0.1:1/x" },
          says: /ClickHouse.*ECONNREFUSED/s,
        },
        'an unknown host': {
          options: { url: 'http://u:wr0ngsecret@host.invalid/x' },
          says: /ClickHouse.*host\.invalid/s,
        },
        'no TLS at the server': { options: { ...parts, ssl: true }, says: /ClickHouse.*HTTPS/s },
        'an address that is none': {
          options: { url: 'http://u:wr0ngsecret@[:x' },
          says: /ClickHouse.*url|url.*ClickHouse/s,
        },
      }
    },
    secrets: () => [...WRONG_SECRETS, server!.password, encodeURIComponent(server!.password)],
    at: (port, fresh) => ({ ...fresh, port }),
    restarting: {
      restart: () => server!.restart(),
      running: async () =>
        Number(
          await server!.run(
            `SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE '%system.processes%'`,
          ),
        ),
    },
  },
  start: async () => {
    server = await startClickhouse()
  },
  stop: async () => server?.stop(),
  freshOptions: async () => {
    const { host, port, user, password } = server!
    return { host, port, user, password, database: await server!.createDatabase() }
  },
}
