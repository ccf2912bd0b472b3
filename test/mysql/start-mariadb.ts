import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { freePort } from '../free-port.ts'

/** A real MariaDB server of a test's own, on 127.0.0.1, with an empty data folder. */
export interface TestMariadb {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Address of a new, empty database of this server. */
  createDatabase(): Promise<string>
  /** Deletes every database but the server's own. */
  dropDatabases(): Promise<void>
  /** Runs a statement as the server's owner, and gives its rows. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  /** Ends the server as a crash would, and starts it again on the same data and port. */
  restart(): Promise<void>
  /** Ends the server and deletes its data. */
  stop(): Promise<void>
}

const user = 'owner'
const password = "p@ss'word/%"

/** Runs the server until standard input says `stop` or ends, as it does when the process of the tests is killed; deletes the data unless it was told to stop. */
const KEEPER = `home=$1; shift; "$@" & server=$!
word=; read -r word; kill -9 $server; wait $server 2>/dev/null
[ "$word" = stop ] || rm -rf "$home"`

/** Starts a server with further settings, such as `local-infile=0`. It ends with this process at the latest, also when that is killed. */
export async function startMariadb(settings: readonly string[] = []): Promise<TestMariadb> {
  const installed = process.env.ANOMSTACK_TEST_MARIADB
  if (installed === undefined) throw new Error('run these tests by `npm run test:emulators -- mysql`')
  const home = mkdtempSync(join(tmpdir(), 'anomstack-mariadb-'))
  mkdirSync(join(home, 'data'))
  const port = await freePort()
  const command = join(installed, 'usr/sbin/mariadbd')
  const common = [
    '--no-defaults',
    `--datadir=${join(home, 'data')}`,
    `--lc-messages-dir=${join(installed, 'usr/share/mysql')}`,
    `--character-sets-dir=${join(installed, 'usr/share/mysql/charsets')}`,
    `--tmpdir=${home}`,
    '--innodb-log-file-size=64M',
    '--innodb-flush-log-at-trx-commit=0',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]
  const env = { ...process.env, LD_LIBRARY_PATH: process.env.ANOMSTACK_TEST_MARIADB_LIBRARIES }
  bootstrap(command, common, { installed, home, env })
  const launch = (): Promise<ChildProcess> =>
    launchServer(
      home,
      [
        command,
        ...common,
        `--port=${port}`,
        `--socket=${join(home, 'socket')}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        ...settings.map((setting) => `--${setting}`),
      ],
      env,
    )
  let server = await launch()
  let databases = 0
  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const connection = await createConnection({ host: '127.0.0.1', port, user, password })
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql)
      return rows
    } finally {
      await connection.end()
    }
  }
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    query,
    createDatabase: async () => {
      databases += 1
      const name = `test_${databases}`
      await query(`CREATE DATABASE ${name}`)
      return `mysql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`
    },
    dropDatabases: async () => {
      const own = "'mysql', 'information_schema', 'performance_schema', 'sys'"
      const found = await query(
        `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name NOT IN (${own})`,
      )
      for (const { name } of found) await query(`DROP DATABASE \`${String(name).replaceAll('`', '``')}\``)
    },
    restart: async () => {
      await end(server, 'stop\n')
      server = await launch()
    },
    stop: () => end(server, '\n'),
  }
}

/** Makes the system's tables and the owner, as mariadb-install-db does. */
function bootstrap(
  command: string,
  common: readonly string[],
  {
    installed,
    home,
    env,
  }: { readonly installed: string; readonly home: string; readonly env: NodeJS.ProcessEnv },
): void {
  const script = (name: string): string => readFileSync(join(installed, 'usr/share/mysql', name), 'utf8')
  const sql = `CREATE DATABASE mysql;
USE mysql;
${script('mysql_system_tables.sql')}
${script('mysql_performance_tables.sql')}
${script('mysql_system_tables_data.sql')}
FLUSH PRIVILEGES;
CREATE USER '${user}'@'%' IDENTIFIED BY '${password.replaceAll("'", "''")}';
GRANT ALL PRIVILEGES ON *.* TO '${user}'@'%' WITH GRANT OPTION;
`
  const made = spawnSync(command, [...common, '--bootstrap', '--skip-networking'], {
    cwd: home,
    env,
    input: sql,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`MariaDB could not make its tables:\n${made.stderr}`)
}

async function launchServer(
  home: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'keeper', home, ...command], {
    cwd: home,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    keeper.stderr?.on('data', (text: Buffer) => {
      log = (log + text.toString()).slice(-10_000)
      if (log.includes('ready for connections')) resolve()
      if (/\[ERROR\] Aborting|error while loading/.test(log)) {
        keeper.stdin?.end('\n')
        reject(new Error(`MariaDB did not start:\n${log}`))
      }
    })
    keeper.once('error', reject)
  })
  return keeper
}

async function end(keeper: ChildProcess, word: string): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const gone = once(keeper, 'exit')
  keeper.stdin?.end(word)
  await gone
}
