import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A real ClickHouse engine behind its HTTP interface, in a process of its own on 127.0.0.1, with empty data. */
export interface TestClickhouse {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Name of a new, empty database, the only one beside the server's own. */
  createDatabase(): Promise<string>
  /** Runs one statement and returns what the server answers. */
  run(sql: string): Promise<string>
  /** Ends the server as a crash would, and starts it again on the same data and port. */
  restart(): Promise<void>
  /** Ends the server and deletes its data. */
  stop(): Promise<void>
}

const child = fileURLToPath(new URL('./clickhouse-child.ts', import.meta.url))
const user = 'anomstack'
const password = "p@ss'word/%"

/** Starts a server. It ends with this process at the latest. */
export async function startClickhouse(): Promise<TestClickhouse> {
  const folder = mkdtempSync(join(tmpdir(), 'anomstack-clickhouse-'))
  let { server, port } = await launch(folder, 0)
  let databases = 0
  const run = async (sql: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
      body: sql,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }
  return {
    host: '127.0.0.1',
    port,
    user,
    password,
    run,
    createDatabase: async () => {
      databases += 1
      const name = `test_${databases}`
      const old = await run(
        `SELECT name FROM system.databases WHERE lower(name) NOT IN ('system', 'information_schema', 'default')`,
      )
      for (const each of old.split('\n').filter((line) => line !== '')) await run(`DROP DATABASE \`${each}\``)
      await run(`CREATE DATABASE ${name}`)
      return name
    },
    restart: async () => {
      await kill(server)
      ;({ server, port } = await launch(folder, port))
    },
    stop: async () => {
      await kill(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function launch(folder: string, port: number): Promise<{ server: ChildProcess; port: number }> {
  const server = spawn(process.execPath, ['--import', 'tsx', child, folder, String(port), user, password], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A statement holds a thread of this pool while it runs.
    env: { ...process.env, UV_THREADPOOL_SIZE: '64' },
  })
  const line = once(createInterface(server.stdout), 'line')
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`the ClickHouse of this test ended with ${String(code)}`)
  })
  ended.catch(() => {})
  const [text] = (await Promise.race([line, ended])) as [string]
  return { server, port: Number(text) }
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone
}
