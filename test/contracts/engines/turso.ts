import { startTurso, type TestTurso } from '../../turso/start-turso.ts'
import type { Engine } from '../engine.ts'
import { WRONG_SECRETS } from './refused.ts'

let server: TestTurso | undefined

export const turso: Engine = {
  name: 'turso',
  endless:
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e15) SELECT count(*) FROM c',
  originalTable: (name) =>
    `CREATE TABLE ${name} (metric_timestamp TEXT, metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value REAL, metadata TEXT)`,
  timestampKind: 'other',
  exemptions: {},
  network: {
    refused: ({ url }) => ({
      'a wrong token': { options: { url, auth_token: "wr0ng'secret" }, says: /check auth_token/ },
      'no token': { options: { url }, says: /check auth_token/ },
      'no such database': {
        options: { url: `http://127.0.0.1:${server!.port}/nowhere`, auth_token: server!.token },
        says: /404.*check url/,
      },
      'no server': {
        options: { url: 'http://127.0.0.1:1/', auth_token: "wr0ng'secret" },
        says: /ECONNREFUSED|bad port/,
      },
      'an unknown host': {
        options: { url: 'libsql://host.invalid', auth_token: server!.token },
        says: /host\.invalid.*check url/,
      },
    }),
    secrets: () => [...WRONG_SECRETS, server!.token, encodeURIComponent(server!.token)],
    at: (port, fresh) => ({ ...fresh, url: `http://127.0.0.1:${port}` }),
  },
  start: async () => {
    server = await startTurso()
  },
  stop: async () => server?.stop(),
  freshOptions: async () => ({ url: server!.createDatabase(), auth_token: server!.token }),
}
