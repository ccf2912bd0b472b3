import { clickhouseDialect } from './clickhouse/dialect.ts'
import { clickhouseOptions } from './clickhouse/options.ts'
import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'

export const clickhouse = defineDatabase({
  name: 'clickhouse',
  summary: 'A ClickHouse server, 24.8 or newer, or ClickHouse Cloud, over HTTP.',
  dialect: clickhouseDialect,
  transpiledTo: 'clickhouse',
  options: clickhouseOptions,
  example: { url: 'https://anomstack:password@localhost:8443/default' },
  environment: {
    url: 'ANOMSTACK_CLICKHOUSE_URL',
    host: 'ANOMSTACK_CLICKHOUSE_HOST',
    port: 'ANOMSTACK_CLICKHOUSE_PORT',
    user: 'ANOMSTACK_CLICKHOUSE_USER',
    password: 'ANOMSTACK_CLICKHOUSE_PASSWORD',
    database: 'ANOMSTACK_CLICKHOUSE_DATABASE',
    ssl: 'ANOMSTACK_CLICKHOUSE_SSL',
  },
  create: (given) =>
    lazyDatabase('@clickhouse/client', async () =>
      (await import('./clickhouse/open-clickhouse.ts')).openClickhouse(given),
    ),
})
