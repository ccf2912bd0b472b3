import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from } from 'pg-copy-streams'
import { startPostgres } from '../../test/postgres/start-postgres.ts'
import type { Engine } from './engine.ts'
import { HISTORY } from './history-clause.ts'
import { rowText } from './row-text.ts'

/** A server, written by COPY straight into the table. */
export const postgres: Engine = {
  name: 'postgres',
  start: async () => {
    const server = await startPostgres()
    return {
      fresh: async () => ({ url: await server.createDatabase() }),
      connect: async ({ url }) => {
        const client = new Client({ connectionString: String(url) })
        await client.connect()
        await client.query("SET TimeZone = 'UTC'")
        return {
          write: async (table, rows) => {
            await pipeline(Readable.from(rowText(rows)), client.query(from(`COPY ${table} FROM STDIN`)))
          },
          read: async (table) => {
            const { rows } = await client.query({
              text: `SELECT metric_name, date_part('epoch', metric_timestamp) * 1000, metric_value FROM ${table} ${HISTORY}`,
              rowMode: 'array',
            })
            return rows.length
          },
          close: () => client.end(),
        }
      },
      stop: () => server.stop(),
    }
  },
}
