import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

export interface TestSnowflake {
  /** Options that log in by password, without a database. */
  readonly options: { readonly access_url: string; readonly user: string; readonly password: string }
  /** Name of a new, empty database. */
  freshDatabase(): string
  /** What the server has seen so far. */
  state(): Promise<{
    readonly logins: number
    readonly sessions: number
    readonly running: number
    readonly telemetry: number
    readonly login: { readonly query: Readonly<Record<string, string>>; readonly account: string }
    readonly statement_parameters: Readonly<Record<string, unknown>>
  }>
  /** Lets the user log in with the key pair of this public key. */
  addPublicKey(pem: string): Promise<void>
  /** Ends every session, as if they had been idle for too long. */
  expireSessions(): Promise<void>
  stop(): Promise<void>
}

const USER = 'anomstack'
const PASSWORD = "p4ss'word%/"

let databases = 0

/** Starts a Snowflake for tests; it ends with this process, however that ends. */
export async function startSnowflake(): Promise<TestSnowflake> {
  const python = process.env.ANOMSTACK_TEST_SNOWFLAKE_PYTHON
  if (python === undefined) throw new Error('run this by `npm run test:emulators -- snowflake`')
  const server = spawn(python, [path.join(import.meta.dirname, 'server.py'), USER, PASSWORD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit')
  const lines = createInterface(server.stdout)
  const [line] = (await Promise.race([
    once(lines, 'line'),
    ended.then(() => {
      throw new Error('the server has ended')
    }),
  ])) as [string]
  const url = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`
  const post = async (route: string, body = ''): Promise<void> => {
    await fetch(`${url}/test/${route}`, { method: 'POST', body })
  }
  return {
    options: { access_url: url, user: USER, password: PASSWORD },
    freshDatabase: () => `TEST_${++databases}`,
    state: async () => (await fetch(`${url}/test/state`)).json() as ReturnType<TestSnowflake['state']>,
    addPublicKey: (pem) => post('public-key', pem),
    expireSessions: () => post('expire'),
    stop: async () => {
      server.stdin.end()
      await ended
    },
  }
}
