import { join } from 'node:path'
import {
  DOUBLE,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBValue,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api'
import type { MetricRow } from '../../src/core/metric-row.ts'
import type { Engine } from './engine.ts'
import { HISTORY } from './history-clause.ts'

const CHUNK_ROWS = 2048
const TYPES = [TIMESTAMP, VARCHAR, VARCHAR, VARCHAR, DOUBLE, VARCHAR]

function* columnsOf(rows: Iterable<MetricRow>): Generator<DuckDBValue[][]> {
  let columns: DuckDBValue[][] = TYPES.map(() => [])
  for (const { timestamp, batch, name, type, value, metadata } of rows) {
    const row = [new DuckDBTimestampValue(BigInt(timestamp) * 1000n), batch, name, type, value, metadata]
    for (let i = 0; i < row.length; i++) columns[i]!.push(row[i]!)
    if (columns[0]!.length < CHUNK_ROWS) continue
    yield columns
    columns = TYPES.map(() => [])
  }
  if (columns[0]!.length > 0) yield columns
}

/** A file, written by an appender and read by columns. */
export const duckdb: Engine = {
  name: 'duckdb',
  start: async (folder) => {
    let files = 0
    return {
      fresh: async () => {
        files += 1
        return { path: join(folder, `${files}.duckdb`) }
      },
      connect: async ({ path }) => {
        const instance = await DuckDBInstance.create(String(path))
        const connection = await instance.connect()
        return {
          write: async (table, rows) => {
            const appender = await connection.createAppender(table)
            const chunk = DuckDBDataChunk.create(TYPES, CHUNK_ROWS)
            for (const columns of columnsOf(rows)) {
              chunk.reset()
              chunk.setColumns(columns)
              appender.appendDataChunk(chunk)
            }
            appender.closeSync()
          },
          read: async (table) => {
            const result = await connection.stream(
              `SELECT metric_name, epoch_ms(metric_timestamp)::DOUBLE, metric_value FROM ${table} ${HISTORY}`,
            )
            const rows: DuckDBValue[][] = []
            for (;;) {
              const chunk = await result.fetchChunk()
              if (chunk === null || chunk.rowCount === 0) return rows.length
              const columns = [0, 1, 2].map((index) => chunk.getColumnVector(index))
              for (let row = 0; row < chunk.rowCount; row++)
                rows.push(columns.map((column) => column.getItem(row)))
            }
          },
          close: async () => {
            connection.closeSync()
            instance.closeSync()
          },
        }
      },
      stop: async () => {},
    }
  },
}
