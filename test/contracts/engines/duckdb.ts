import { fileEngine } from './file-engine.ts'

export const duckdb = fileEngine('duckdb', {
  endless:
    'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE hash(a.range) = hash(b.range + 1)',
  originalTable: (name) =>
    `CREATE TABLE ${name} (metric_timestamp TIMESTAMP WITH TIME ZONE, metric_batch VARCHAR, metric_name VARCHAR, metric_type VARCHAR,
     metric_value DOUBLE, metadata VARCHAR)`,
})
