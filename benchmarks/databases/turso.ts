import { createClient, type InStatement } from '@libsql/client/http'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { stampOf } from '../../src/databases/sqlite/time.ts'
import { startTurso } from '../../test/turso/start-turso.ts'
import type { Engine } from './engine.ts'
import { HISTORY } from './history-clause.ts'

/** As many as SQLite binds values for, and as many of those as one answer to a request waits for. */
const ROWS_PER_STATEMENT = 5_000
const STATEMENTS_PER_BATCH = 2

function* inserts(table: string, rows: Iterable<MetricRow>): Generator<InStatement> {
  const insert = (args: (string | number)[]): InStatement => ({
    sql: `INSERT INTO ${table} VALUES ${Array(args.length / 6)
      .fill('(?, ?, ?, ?, ?, ?)')
      .join(', ')}`,
    args,
  })
  let args: (string | number)[] = []
  for (const { timestamp, batch, name, type, value, metadata } of rows) {
    args.push(stampOf(timestamp), batch, name, type, value, metadata)
    if (args.length < ROWS_PER_STATEMENT * 6) continue
    yield insert(args)
    args = []
  }
  if (args.length > 0) yield insert(args)
}

/** Turso's protocol over loopback, in front of a libSQL file: what takes most of the time is the writing and reading of its JSON, on both sides. */
export const turso: Engine = {
  name: 'turso',
  start: async () => {
    const server = await startTurso()
    return {
      fresh: async () => ({ url: server.createDatabase(), auth_token: server.token }),
      connect: async ({ url }) => {
        const client = createClient({ url: `${url}/`, authToken: server.token })
        return {
          write: async (table, rows) => {
            let batch: InStatement[] = []
            for (const statement of inserts(table, rows)) {
              batch.push(statement)
              if (batch.length < STATEMENTS_PER_BATCH) continue
              await client.batch(batch, 'write')
              batch = []
            }
            if (batch.length > 0) await client.batch(batch, 'write')
          },
          read: async (table) => {
            const { rows } = await client.execute(
              `SELECT metric_name, metric_timestamp, metric_value FROM ${table} ${HISTORY}`,
            )
            return rows.length
          },
          close: async () => client.close(),
        }
      },
      stop: () => server.stop(),
    }
  },
}
