import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '../../eventually.ts'

export interface TestBigquery {
  readonly endpoint: string
  /** Options of a new project with an empty dataset. */
  freshOptions(): Promise<{ readonly endpoint: string; readonly project: string; readonly dataset: string }>
  stop(): Promise<void>
}

/** Starts a BigQuery for tests; it ends with this process, however that ends. */
export async function startBigquery(): Promise<TestBigquery> {
  const python = process.env.ANOMSTACK_TEST_BIGQUERY_PYTHON
  if (python === undefined) throw new Error('run this by `npm run test:emulators -- bigquery`')
  const server = spawn(python, [path.join(import.meta.dirname, 'server.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = once(server, 'exit')
  const failed = ended.then(() => {
    throw new Error('the server has ended')
  })
  failed.catch(() => {})
  const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), failed])) as [string]
  const endpoint = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`
  const api = `${endpoint}/bigquery/v2/projects`
  await Promise.race([
    failed,
    eventually('the start of the server', () =>
      fetch(`${api}/any/datasets`).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  ])
  let projects = 0
  return {
    endpoint,
    freshOptions: async () => {
      const project = `project-${++projects}`
      const datasetReference = { projectId: project, datasetId: 'home' }
      const made = await fetch(`${api}/${project}/datasets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ datasetReference }),
      })
      if (!made.ok) throw new Error(await made.text())
      return { endpoint, project, dataset: 'home' }
    },
    stop: async () => {
      server.stdin.end()
      await ended
    },
  }
}
