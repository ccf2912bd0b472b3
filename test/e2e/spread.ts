import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'

const COMMAND = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** One statement on a connection of its own. */
export async function query(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql, values)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

/** The built `anomstack worker` on a project, at work. */
export async function startWorker(dir: string): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [COMMAND, 'worker', '--project', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH },
  })
  await Promise.race([once(worker.stderr, 'data'), once(worker, 'exit')])
  worker.stderr.resume()
  return worker
}

export async function killed(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  worker.kill('SIGKILL')
  await once(worker, 'exit')
}
