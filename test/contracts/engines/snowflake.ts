import { startSnowflake, type TestSnowflake } from '../../emulators/snowflake/start-snowflake.ts'
import type { Engine } from '../engine.ts'
import { WRONG_SECRETS } from './refused.ts'

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
  network: {
    refused: (fresh) => {
      const { password, user, ...rest } = fresh
      return {
        'a wrong password': {
          options: { ...fresh, password: "wr0ng'secret" },
          says: /check user and password/,
        },
        'a wrong token': { options: { ...fresh, token: "wr0ng'secret" }, says: /check that the token/ },
        'no password': { options: { ...rest, user }, says: /set password, private_key/ },
        'no user': { options: { ...rest, password }, says: /set user/ },
        'no account': { options: { user: 'me', password: "wr0ng'secret" }, says: /set account/ },
        'no server': {
          options: { ...fresh, access_url: 'http://127.0.0.1:1', password: "wr0ng'secret" },
          says: /check account/,
        },
      }
    },
    secrets: ({ password }) => [...WRONG_SECRETS, String(password)],
    at: (port, fresh) => ({ ...fresh, access_url: `http://127.0.0.1:${port}` }),
  },
  start: async () => {
    server = await startSnowflake()
  },
  stop: async () => server?.stop(),
  freshOptions: () =>
    Promise.resolve({ ...server!.options, database: server!.freshDatabase(), schema: 'PUBLIC' }),
}
