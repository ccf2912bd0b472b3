import { startMariadb, type TestMariadb } from '../../mysql/start-mariadb.ts'
import type { Engine } from '../engine.ts'

/** MariaDB under one of its two names. */
export function mysqlEngine(name: 'mysql' | 'mariadb'): Engine {
  let server: TestMariadb | undefined
  return {
    name,
    endless: 'SELECT SLEEP(3600) FROM DUAL',
    originalTable: (
      table,
    ) => `CREATE TABLE ${table} (metric_timestamp DATETIME(3), metric_batch VARCHAR(190), metric_name VARCHAR(540), metric_type VARCHAR(24),
      metric_value DOUBLE, metadata TEXT) COLLATE utf8mb4_nopad_bin`,
    tableNames: [
      'sales.metrics',
      '"odd.schema".`odd.table`',
      `"it's ""quoted"""`,
      '`a``b`',
      'ünïcode ✓',
      'select',
      'a.select',
    ],
    translated: (sql) => sql.replace('"odd view"', '`odd view`').replace('CREATE TEMP ', 'CREATE TEMPORARY '),
    longestName: '540',
    exemptions: {
      'a name of 10 KB':
        'an index of InnoDB holds at most 3,072 bytes, so a name of more than 540 characters is refused clearly',
    },
    start: async () => {
      server = await startMariadb()
    },
    stop: async () => server?.stop(),
    freshOptions: async () => {
      await server!.dropDatabases()
      return { url: (await server!.createDatabase()).replace(/^mysql/, name) }
    },
  }
}
