import { resolve } from 'node:path'
import { z } from 'zod'
import { defineDatabase } from './database.ts'
import { duckdbDialect } from './duckdb/dialect.ts'
import { lazyDatabase } from './lazy-database.ts'
import { noMetricsTable } from './read-only.ts'

export const files = defineDatabase({
  name: 'files',
  summary:
    'CSV, Parquet and JSON files, on the web or on disk, as tables to be asked in SQL (that of DuckDB); only as a source.',
  readOnly: true,
  dialect: duckdbDialect,
  transpiledTo: 'duckdb',
  options: z.strictObject({
    tables: z.record(z.string().min(1), z.string().min(1)).default({}).meta({
      description:
        'Name of a table -> address (https://…) or path, relative to the project, of its file. The ending tells the format: csv, tsv, parquet, json or jsonl, .gz of texts too.',
    }),
    format: z
      .enum(['csv', 'parquet', 'json'])
      .optional()
      .meta({ description: 'Format of files whose ending does not tell.' }),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Headers of requests, such as Authorization.', secret: true }),
    max_megabytes: z
      .int()
      .min(1)
      .default(512)
      .meta({ description: 'A file from the web that is larger is refused.' }),
  }),
  example: { tables: { prices: 'https://example.com/prices.csv', stock: 'data/stock.parquet' } },
  create: (options, { projectDir }) => ({
    ...lazyDatabase('@duckdb/node-api', async () => {
      const { openFiles } = await import('./files/open-files.ts')
      return openFiles({ ...options, resolve: (path) => resolve(projectDir, path) })
    }),
    metricsTable: noMetricsTable('files'),
  }),
})
