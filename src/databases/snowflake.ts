import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { snowflakeDialect } from './snowflake/dialect.ts'
import { snowflakeOptions } from './snowflake/options.ts'

export const snowflake = defineDatabase({
  name: 'snowflake',
  summary: 'A Snowflake account.',
  dialect: snowflakeDialect,
  transpiledTo: 'snowflake',
  options: snowflakeOptions,
  example: {
    account: 'myorg-myaccount',
    user: 'anomstack',
    password: 'password',
    warehouse: 'COMPUTE_WH',
    database: 'METRICS',
  },
  environment: {
    account: 'ANOMSTACK_SNOWFLAKE_ACCOUNT',
    user: 'ANOMSTACK_SNOWFLAKE_USER',
    password: 'ANOMSTACK_SNOWFLAKE_PASSWORD',
    private_key: 'ANOMSTACK_SNOWFLAKE_PRIVATE_KEY',
    private_key_path: 'ANOMSTACK_SNOWFLAKE_PRIVATE_KEY_PATH',
    private_key_passphrase: 'ANOMSTACK_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE',
    token: 'ANOMSTACK_SNOWFLAKE_TOKEN',
    authenticator: 'ANOMSTACK_SNOWFLAKE_AUTHENTICATOR',
    workload_identity_provider: 'ANOMSTACK_SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER',
    warehouse: 'ANOMSTACK_SNOWFLAKE_WAREHOUSE',
    database: 'ANOMSTACK_SNOWFLAKE_DATABASE',
    schema: 'ANOMSTACK_SNOWFLAKE_SCHEMA',
    role: 'ANOMSTACK_SNOWFLAKE_ROLE',
    access_url: 'ANOMSTACK_SNOWFLAKE_ACCESS_URL',
  },
  create: (given, environment) =>
    lazyDatabase('snowflake-sdk', async () =>
      (await import('./snowflake/open-snowflake.ts')).openSnowflake(given, environment),
    ),
})
