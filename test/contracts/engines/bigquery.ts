import { startBigquery, type TestBigquery } from '../../emulators/bigquery/start-bigquery.ts'
import type { Engine } from '../engine.ts'

let server: TestBigquery | undefined

export const bigquery: Engine = {
  name: 'bigquery',
  endless:
    'SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 9000)) AS a, UNNEST(GENERATE_ARRAY(1, 9000)) AS b WHERE MOD(a * b, 7) = 8',
  originalTable: (
    name,
  ) => `CREATE TABLE ${name} (metric_timestamp TIMESTAMP, metric_batch STRING, metric_name STRING, metric_type STRING,
    metric_value FLOAT64, metadata STRING)`,
  // BigQuery itself takes spaces, dashes and letters of any script too, and the emulator does not.
  tableNames: ['sales.metrics', '"odd_schema".`odd_table`', 'select', 'a.select'],
  translated: (sql) => sql.replaceAll(/"([^"]*)"/g, '`$1`').replaceAll('odd view', 'odd_view'),
  exemptions: {
    'without duplicates gets a unique key': 'BigQuery enforces no key: MERGE keeps rows single',
    'returns the rows of the last statement that returns rows':
      'the emulator answers with the last statement of several only; see test/databases/bigquery.test.ts',
    'ends with its temporary tables and open transactions':
      'the emulator has no temporary tables, and does not end transactions with the job; BigQuery does both',
  },
  start: async () => {
    server = await startBigquery()
  },
  stop: async () => server?.stop(),
  freshOptions: () => server!.freshOptions(),
}
