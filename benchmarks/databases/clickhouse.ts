import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { startClickhouse } from '../../test/clickhouse/start-clickhouse.ts'
import type { Engine } from './engine.ts'
import { HISTORY } from './history-clause.ts'
import { rowText } from './row-text.ts'

/** The engine behind its HTTP interface, written by a stream of text. */
export const clickhouse: Engine = {
  name: 'clickhouse',
  start: async () => {
    const server = await startClickhouse()
    const { host, port, user, password } = server
    return {
      fresh: async () => ({ host, port, user, password, database: await server.createDatabase() }),
      connect: async ({ database }) => {
        const client = createClient({
          url: `http://${host}:${port}`,
          username: user,
          password,
          database: String(database),
          request_timeout: 600_000,
          log: { level: ClickHouseLogLevel.OFF },
        })
        return {
          write: async (table, rows) => {
            const values = Readable.from(rowText(rows), { objectMode: false })
            await client.insert({ table, values, format: 'TabSeparated' })
          },
          read: async (table) => {
            const answer = await client.query({
              query: `SELECT metric_name, toUnixTimestamp64Milli(metric_timestamp), metric_value FROM ${table} ${HISTORY}`,
              format: 'JSONCompactEachRow',
            })
            return (await answer.json<readonly unknown[]>()).length
          },
          close: () => client.close(),
        }
      },
      stop: () => server.stop(),
    }
  },
}
