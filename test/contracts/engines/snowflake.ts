import { startSnowflake, type TestSnowflake } from '../../emulators/snowflake/start-snowflake.ts'
import type { Engine } from '../engine.ts'

let server: TestSnowflake | undefined

export const snowflake: Engine = {
  name: 'snowflake',
  endless:
    'WITH RECURSIVE n (i) AS (SELECT 1 AS i UNION ALL SELECT i + 1 AS i FROM n WHERE i < 1000000000000) SELECT MAX(i) FROM n',
  originalTable: (
    name,
  ) => `CREATE TABLE ${name} (metric_timestamp TIMESTAMP_NTZ, metric_batch VARCHAR, metric_name VARCHAR, metric_type VARCHAR,
    metric_value FLOAT, metadata VARCHAR)`,
  spelled: (name) => name.toUpperCase(),
  exemptions: {
    'without duplicates gets a unique key':
      'Snowflake enforces no keys: rows are kept unique by how they are written',
  },
  start: async () => {
    server = await startSnowflake()
  },
  stop: async () => server?.stop(),
  freshOptions: () =>
    Promise.resolve({ ...server!.options, database: server!.freshDatabase(), schema: 'PUBLIC' }),
}
