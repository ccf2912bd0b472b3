import { join } from 'node:path'
import Database from 'libsql'
import { stampOf } from '../../src/databases/sqlite-time.ts'
import type { Engine } from './engine.ts'

/** A file, written by one prepared statement in one transaction and read as lists, in the caller's own thread. */
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
            const insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?)`)
            database.exec('BEGIN')
            for (const { timestamp, batch, name, type, value, metadata } of rows)
              insert.run([stampOf(timestamp), batch, name, type, value, metadata])
            database.exec('COMMIT')
          },
          read: async (table) =>
            database
              .prepare(
                `SELECT metric_name, metric_timestamp, metric_value FROM ${table} ORDER BY metric_name, metric_timestamp`,
              )
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
