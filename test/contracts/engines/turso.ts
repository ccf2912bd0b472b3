import { startTurso, type TestTurso } from '../../turso/start-turso.ts'
import type { Engine } from '../engine.ts'

let server: TestTurso | undefined

export const turso: Engine = {
  name: 'turso',
  endless:
    'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e15) SELECT count(*) FROM c',
  originalTable: (name) =>
    `CREATE TABLE ${name} (metric_timestamp TEXT, metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value REAL, metadata TEXT)`,
  timestampKind: 'other',
  exemptions: {},
  start: async () => {
    server = await startTurso()
  },
  stop: async () => server?.stop(),
  freshOptions: async () => ({ url: server!.createDatabase(), auth_token: server!.token }),
}
