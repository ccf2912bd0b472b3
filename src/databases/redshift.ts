import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { redshiftDialect } from './redshift/dialect.ts'
import { redshiftOptions } from './redshift/options.ts'

export const redshift = defineDatabase({
  name: 'redshift',
  summary: 'Amazon Redshift, over its own port or through the Data API with IAM.',
  dialect: redshiftDialect,
  transpiledTo: 'redshift',
  options: redshiftOptions,
  example: { workgroup_name: 'analytics', database: 'metrics', region: 'eu-central-1' },
  environment: {
    url: 'ANOMSTACK_REDSHIFT_URL',
    host: 'ANOMSTACK_REDSHIFT_HOST',
    port: 'ANOMSTACK_REDSHIFT_PORT',
    user: 'ANOMSTACK_REDSHIFT_USER',
    password: 'ANOMSTACK_REDSHIFT_PASSWORD',
    database: 'ANOMSTACK_REDSHIFT_DATABASE',
    ssl: 'ANOMSTACK_REDSHIFT_SSL',
    cluster_identifier: 'ANOMSTACK_REDSHIFT_CLUSTER_IDENTIFIER',
    workgroup_name: 'ANOMSTACK_REDSHIFT_WORKGROUP_NAME',
    db_user: 'ANOMSTACK_REDSHIFT_DB_USER',
    secret_arn: 'ANOMSTACK_REDSHIFT_SECRET_ARN',
    region: 'ANOMSTACK_REDSHIFT_REGION',
    endpoint: 'ANOMSTACK_REDSHIFT_ENDPOINT',
  },
  create: (given) => {
    const overWire = given.cluster_identifier === undefined && given.workgroup_name === undefined
    return lazyDatabase(overWire ? 'pg' : '@aws-sdk/client-redshift-data', async () => {
      const { openRedshift } = await import('./redshift/open-redshift.ts')
      return openRedshift(
        overWire
          ? (await import('./redshift/wire.ts')).wireSession(given)
          : (await import('./redshift/data-api.ts')).dataApiSession(given),
      )
    })
  },
})
