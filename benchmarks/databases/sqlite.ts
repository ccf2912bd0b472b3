import { join } from 'node:path'
import Database from 'libsql'
import { stampOf } from '../../src/databases/sqlite/time.ts'
import type { Engine } from './engine.ts'
import { HISTORY } from './history-clause.ts'

/** The driver takes its time for each call, so one for each row would be several times slower. */
const ROWS_PER_STATEMENT = 100

/** A file, written by one prepared statement of many rows in one transaction and read as lists, in the caller's own thread. */
export const sqlite: Engine = {
  name: 'sqlite',
  start: async (folder) => {
    let files = 0
    return {
      fresh: async () => {
        files += 1
        return { path: join(folder, `${files}.db`) }
      },
      connect: async ({ path }) => {
        const database = new Database(String(path))
        database.pragma('journal_mode = WAL')
        return {
          write: async (table, rows) => {
            const insert = (count: number) =>
              database.prepare(
                `INSERT INTO ${table} VALUES ${Array(count).fill('(?, ?, ?, ?, ?, ?)').join(', ')}`,
              )
            const many = insert(ROWS_PER_STATEMENT)
            let args: (string | number)[] = []
            database.exec('BEGIN')
            for (const { timestamp, batch, name, type, value, metadata } of rows) {
              args.push(stampOf(timestamp), batch, name, type, value, metadata)
              if (args.length < ROWS_PER_STATEMENT * 6) continue
              many.run(args)
              args = []
            }
            if (args.length > 0) insert(args.length / 6).run(args)
            database.exec('COMMIT')
          },
          read: async (table) =>
            database
              .prepare(`SELECT metric_name, metric_timestamp, metric_value FROM ${table} ${HISTORY}`)
              .raw()
              .all([]).length,
          close: async () => {
            database.close()
          },
        }
      },
      stop: async () => {},
    }
  },
}
