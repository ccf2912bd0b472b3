import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { DescribeStatementCommand, RedshiftDataClient } from '@aws-sdk/client-redshift-data'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { redshift } from '../../src/databases/redshift.ts'
import { type Program, startProgram } from '../storages/start-program.ts'

/** moto runs no SQL: its statements never end. Here those that sleep go on, and the others end with moto's own three rows. */
const SERVER = `
from werkzeug.serving import run_simple
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.redshiftdata import models
made = models.Statement.__init__
def make(self, **given):
    made(self, **given)
    if "pg_sleep" not in given["query_string"]:
        self.status = "FINISHED"
        self.has_result_set = True
models.Statement.__init__ = make
run_simple("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
`

let program: Program
let between: Server
let endpoint: string
const calls: { readonly name: string; readonly id?: string }[] = []

/** What goes to moto and comes back, on its way. */
async function startBetween(): Promise<void> {
  between = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers))
        if (!['host', 'connection', 'content-length', 'expect'].includes(name))
          headers.set(name, String(value))
      const answer = await fetch(program.found, { method: 'POST', headers, body: await buffer(request) })
      // moto writes times as texts, which AWS does not.
      const { CreatedAt: _, UpdatedAt: __, ...body } = (await answer.json()) as Record<string, unknown>
      const { Id } = body as { readonly Id?: string }
      const name = String(request.headers['x-amz-target']).replace('RedshiftData.', '')
      calls.push(Id === undefined ? { name } : { name, id: Id })
      response
        .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(body))
    }
    pass().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(between, 'listening')
  endpoint = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
}

beforeAll(async () => {
  program = await startProgram(
    [process.env.ANOMSTACK_TEST_MOTO_PYTHON!, '-c', SERVER],
    /Running on (http:\/\/\S+:\d+)/,
  )
  await startBetween()
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  between.closeAllConnections()
  between.close()
  await program.stop()
})

const open = () =>
  redshift.create(
    redshift.options.parse({
      cluster_identifier: 'cluster',
      db_user: 'me',
      database: 'metrics',
      region: 'eu-central-1',
      endpoint,
    }),
    { projectDir: '/' },
  )

async function lastStatement() {
  const client = new RedshiftDataClient({ endpoint, region: 'eu-central-1' })
  const Id = calls.findLast(({ name }) => name === 'ExecuteStatement')!.id
  const found = await client.send(new DescribeStatementCommand({ Id }))
  client.destroy()
  return found
}

it('runs a statement as the user of the cluster, and reads its rows', async () => {
  const database = open()
  expect(await database.query('SELECT 1')).toEqual([
    { Number: 10, Street: 'Alpha st', City: 'Vancouver' },
    { Number: 50, Street: 'Beta st', City: 'Toronto' },
    { Number: 100, Street: 'Gamma av', City: 'Seattle' },
  ])
  expect(await lastStatement()).toMatchObject({
    QueryString: 'SELECT 1',
    ClusterIdentifier: 'cluster',
    DbUser: 'me',
    Database: 'metrics',
  })
  await database.close()
})

it('binds names as parameters', async () => {
  const database = open()
  await database.metricsTable('metrics').names?.({ batch: "it's :p1 'odd'", since: 0 })
  const { QueryString, QueryParameters } = await lastStatement()
  expect(QueryString).toContain('metric_batch = :p1')
  expect(QueryParameters).toEqual([{ name: 'p1', value: "it's :p1 'odd'" }])
  await database.close()
})

it('cancels a statement that it stops', async () => {
  const database = open()
  await expect(database.query('SELECT pg_sleep(3600)', { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
  })
  await vi.waitFor(async () => expect((await lastStatement()).Status).toBe('ABORTED'))
  await database.close()
})
