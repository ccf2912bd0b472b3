import { resolve } from 'node:path'
import { z } from 'zod'
import type { MetricType } from '../core/metric-row.ts'
import { defineDatabase, type HistoryQuery, type MetricsTable, type QueryOptions } from './database.ts'
import { historyOf, type SeriesPoints } from './history.ts'
import { tableNameParts } from './identifiers.ts'
import { keyedRows, rowCount } from './keyed-rows.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { type SqliteProcess, sqliteProcess } from './sqlite-process.ts'
import type { HistoryPart } from './sqlite-protocol.ts'
import { type CatalogRow, tableList } from './table-list.ts'

export const sqlite = defineDatabase({
  name: 'sqlite',
  summary: 'A SQLite file, which needs no server.',
  dialect: sqliteDialect,
  transpiledTo: 'sqlite',
  options: z.strictObject({
    path: z.string().min(1).default('tmpdata/anomstack-sqlite.db').meta({
      description:
        'The file, relative to the project; its folder is created. `:memory:` keeps everything in memory, until the process ends or a statement is stopped.',
    }),
    max_megabytes: z
      .number()
      .positive()
      .optional()
      .meta({ description: 'The file may not grow beyond this size; writes that would fail instead.' }),
  }),
  example: { path: 'tmpdata/anomstack-sqlite.db' },
  environment: { path: 'ANOMSTACK_SQLITE_PATH' },
  create: ({ path, max_megabytes: maxMegabytes }, { projectDir }) => {
    const inMemory = path === ':memory:'
    const file = {
      path: inMemory ? path : resolve(projectDir, path),
      ...(maxMegabytes === undefined ? {} : { maxMegabytes }),
    }
    const tables = sqliteProcess(file)
    // Users' queries may take long, and are what gets stopped: they run beside the metrics tables, where there is a file to share.
    const queries = inMemory ? tables : sqliteProcess(file)
    const query = (sql: string, options: QueryOptions = {}) =>
      queries.request({ kind: 'query', sql }, options)
    return {
      query,
      metricsTable: (name) => metricsTable(tables, name),
      tables: async (options) =>
        tableList(sqliteDialect, (await query(CATALOG, options)) as unknown as CatalogRow[]),
      close: async () => {
        await Promise.all(inMemory ? [tables.close()] : [queries.close(), tables.close()])
      },
    }
  },
})

const CATALOG = `SELECT t.name AS "table", c.name AS "column", c.type AS type
  FROM main.sqlite_master AS t JOIN pragma_table_info(t.name) AS c
  WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid`

function metricsTable(tables: SqliteProcess, table: string): MetricsTable {
  tableNameParts(table)
  return {
    ensure: async () => {
      await tables.request({ kind: 'ensure', table }, {})
    },
    upsert: async (rows, options = {}) => {
      const series = keyedRows(rows)
      if (series.length > 0) await tables.request({ kind: 'upsert', table, series }, options)
      return rowCount(series)
    },
    history: async (query: HistoryQuery, options: QueryOptions = {}) => {
      if (query.types.length === 0 || query.metrics?.length === 0) return new Map()
      const parts: HistoryPart[] = []
      await tables.request({ kind: 'history', table, query }, options, (part) => parts.push(part))
      return historyOf(unpack(parts))
    },
    deleteBefore: ({ batch, before }, options = {}) =>
      tables.request({ kind: 'deleteBefore', table, batch, before }, options),
    deleteRows: async (keys, options = {}) => {
      const series = keyedRows([...keys].map((key) => ({ ...key, value: 0, metadata: '' })))
      return series.length === 0 ? 0 : tables.request({ kind: 'deleteRows', table, series }, options)
    },
    summary: (query, options = {}) => tables.request({ kind: 'summary', table, ...query }, options),
    names: ({ batch }, options = {}) => tables.request({ kind: 'names', table, batch }, options),
  }
}

function* unpack(parts: Iterable<HistoryPart>): Generator<SeriesPoints> {
  for (const { names, types, lengths, timestamps, values, metadata } of parts) {
    let start = 0
    for (const [index, length] of lengths.entries()) {
      const end = start + length
      // Copies: whoever gets a series may transfer its buffer to another thread.
      const points = { timestamps: timestamps.slice(start, end), values: values.slice(start, end) }
      const texts = metadata[index]
      yield {
        name: names[index]!,
        type: types[index] as MetricType,
        points: texts === null || texts === undefined ? points : { ...points, metadata: texts },
      }
      start = end
    }
  }
}
