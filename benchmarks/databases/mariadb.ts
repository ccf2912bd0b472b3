import { spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { startMariadb } from '../../test/mysql/start-mariadb.ts'
import type { Engine } from './engine.ts'
import { rowText } from './row-text.ts'

/** The rows of a history in the order of the key, which MariaDB sees only while the type is no constant. */
const IN_ORDER =
  "WHERE metric_batch = 'bench' AND metric_type IN ('metric', NULL) ORDER BY metric_name, metric_type, metric_timestamp"

/** Fetches the server where it has not been fetched yet. Throws where that cannot be done. */
function prepare(): void {
  const module = JSON.stringify(new URL('../../scripts/emulators/mysql.mjs', import.meta.url).href)
  const script = `import(${module}).then((emulator) => console.log(JSON.stringify(emulator.prepare())))`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error('MariaDB could not be fetched')
  Object.assign(process.env, JSON.parse(stdout))
}

/** A server, written by LOAD DATA LOCAL. */
export const mariadb: Engine = {
  name: 'mariadb',
  start: async () => {
    prepare()
    const server = await startMariadb()
    return {
      fresh: async () => {
        await server.dropDatabases()
        return { url: (await server.createDatabase()).replace(/^mysql/, 'mariadb') }
      },
      connect: async ({ url }) => {
        const connection = await createConnection(String(url).replace(/^mariadb/, 'mysql'))
        return {
          write: async (table, rows) => {
            await connection.query({
              sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4`,
              infileStreamFactory: () => Readable.from(rowText(rows), { objectMode: false }),
            })
          },
          read: async (table) => {
            const [rows] = await connection.query<RowDataPacket[][]>({
              sql: `SELECT metric_name, UNIX_TIMESTAMP(metric_timestamp) * 1000e0, metric_value FROM ${table} ${IN_ORDER}`,
              rowsAsArray: true,
            })
            return rows.length
          },
          close: () => connection.end(),
        }
      },
      stop: () => server.stop(),
    }
  },
}
