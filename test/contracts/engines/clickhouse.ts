import { startClickhouse, type TestClickhouse } from '../../clickhouse/start-clickhouse.ts'
import type { Engine } from '../engine.ts'

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
  start: async () => {
    server = await startClickhouse()
  },
  stop: async () => server?.stop(),
  freshOptions: async () => {
    const { host, port, user, password } = server!
    return { host, port, user, password, database: await server!.createDatabase() }
  },
}
