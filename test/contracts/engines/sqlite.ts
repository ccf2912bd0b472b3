import { fileEngine } from './file-engine.ts'

export const sqlite = fileEngine('sqlite', {
  timestampKind: 'other',
  endless:
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e15) SELECT count(*) FROM c',
  originalTable: (name) =>
    `CREATE TABLE ${name} (metric_timestamp TEXT, metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value REAL, metadata TEXT)`,
})
