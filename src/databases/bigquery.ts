import { bigqueryDialect } from './bigquery/dialect.ts'
import { bigqueryOptions } from './bigquery/options.ts'
import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'

export const bigquery = defineDatabase({
  name: 'bigquery',
  summary: "Google's BigQuery.",
  dialect: bigqueryDialect,
  transpiledTo: 'bigquery',
  options: bigqueryOptions,
  example: { project: 'my-project', dataset: 'metrics', location: 'EU' },
  environment: {
    project: 'ANOMSTACK_GCP_PROJECT_ID',
    credentials: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS',
    credentials_json: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS_JSON',
    endpoint: 'BIGQUERY_EMULATOR_HOST',
  },
  create: (given, environment) =>
    lazyDatabase('@google-cloud/bigquery', async () =>
      (await import('./bigquery/open-bigquery.ts')).openBigquery(given, environment),
    ),
})
