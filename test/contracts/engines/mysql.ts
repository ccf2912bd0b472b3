import { startMariadb, type TestMariadb } from '../../mysql/start-mariadb.ts'
import type { Engine } from '../engine.ts'
import { allSaying, WRONG_SECRETS } from './refused.ts'

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
    network: {
      refused: ({ url }) => {
        const { host, port, user } = server!
        const refused = {
          'a wrong password by parts': { host, port, user, password: "wr0ng'secret%/" },
          'a wrong password in an address': {
            url: `mysql://owner:wr0ng%27secret%25%2F@127.0.0.1:${port}/mysql`,
          },
          'a database that is not there': { url: String(url).replace(/test_\d+$/, 'wr0ng') },
          'no server': { url: "mysql://u:wr0ng'secret@127.0.0.1:1/x" },
          'an unknown host': { url: 'mysql://u:wr0ngsecret@host.invalid/x' },
          'an address that is none': { url: 'mysql://u:wr0ngsecret@[:x' },
          'an address with parameters': { url: `${String(url)}?password=wr0ngsecret` },
        }
        return allSaying(refused, /MySQL/)
      },
      secrets: () => [...WRONG_SECRETS, server!.password, encodeURIComponent(server!.password)],
      tries: 10,
      at: (port) => ({ url: `mysql://u@127.0.0.1:${port}/x` }),
      restarting: {
        restart: () => server!.restart(),
        async running() {
          const [found] = await server!.query(
            `SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(3600)%' AND id <> connection_id()`,
          )
          return Number(found?.n)
        },
      },
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
