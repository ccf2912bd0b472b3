import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openPostgresControl } from '../../src/control/postgres-control.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { DAY, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

let server: ScratchServer
afterEach(() => server.close())

/** A server that has been asked for everything once, with its control database on PostgreSQL. */
async function warmServer(): Promise<{ readonly run: string; readonly paths: readonly string[] }> {
  server = await scratchServer({ control: await openPostgresControl(await postgres.createDatabase()) })
  server.addBatch('sales')
  const table = server.database.metricsTable('metrics')
  await table.ensure()
  await table.upsert(seriesRows({ batch: 'sales', metric: 'orders', values: [1, 2, 3, 90] }))
  const { run } = await server.control.runs.enqueue(
    { job: 'ingest', batch: 'sales', trigger: 'manual' },
    { now: NOW },
  )
  const [alert] = await server.control.alerts.raise(
    [
      {
        batch: 'sales',
        metric: 'orders',
        kind: 'anomaly',
        timestamp: NOW,
        value: 90,
        reason: 'far above',
        details: {},
      },
    ],
    { now: NOW, channels: [] },
  )
  const paths = [
    '/',
    '/runs',
    `/runs/${run.id}`,
    '/alerts',
    `/alerts/${alert!.id}`,
    '/batches/sales',
    '/schedules',
    '/api/v1/batches',
    '/api/v1/runs',
    `/api/v1/runs/${run.id}`,
    '/api/v1/alerts',
    '/api/v1/batches/sales',
  ]
  for (const path of paths) expect([path, (await server.get(path)).status]).toEqual([path, 200])
  return { run: run.id, paths }
}

const SINCE = 'control database unreachable since 2025-06-16T12:01:00.000Z'

describe('while PostgreSQL is away', () => {
  it('reads are answered with what was read last, and say so; when it is back, with what is', async () => {
    const { run, paths } = await warmServer()
    server.advance(60_000)
    await postgres.crash()
    try {
      for (const path of paths) {
        const response = await server.get(path)
        expect([path, response.status]).toEqual([path, 200])
        const text = await response.text()
        if (path.startsWith('/api/')) expect(text).not.toContain('unreachable')
        expect([path, response.headers.get('anomstack-degraded')]).toEqual([path, SINCE])
      }
      // Long after, when nothing of it counts as fresh.
      server.advance(DAY)
      for (const path of paths) {
        const response = await server.get(path)
        expect([path, response.status]).toEqual([path, 200])
        const text = await response.text()
        if (!path.startsWith('/api/'))
          expect([path, text.includes('The control database has been unreachable since')]).toEqual([
            path,
            true,
          ])
      }
      expect(await server.json(`/api/v1/runs/${run}`)).toMatchObject({ id: run, status: 'queued' })
      expect((await server.json<{ items: object[] }>('/api/v1/alerts')).items).toHaveLength(1)
    } finally {
      await postgres.start()
    }
    const back = await server.get('/')
    expect(back.headers.get('anomstack-degraded')).toBeNull()
    expect(await back.text()).not.toContain('unreachable')
    await server.control.runs.cancel(run, NOW)
    expect(await server.json(`/api/v1/runs/${run}`)).toMatchObject({ status: 'canceled' })
    expect(server.logged.map(({ message }) => message)).toContain('the control database is back')
  })

  it('writes and what was never read are refused with 503, the process is healthy but not ready', async () => {
    const { run } = await warmServer()
    server.advance(60_000)
    await postgres.crash()
    try {
      for (const attempt of ['first', 'second']) {
        const refused = await server.post('/api/v1/runs', { job: 'ingest', batch: 'sales' })
        expect([attempt, refused.status]).toEqual([attempt, 503])
        expect(refused.headers.get('content-type')).toContain('application/problem+json')
        expect(refused.headers.get('anomstack-degraded')).toBe(SINCE)
        expect(await refused.json()).toMatchObject({ code: 'CONTROL_FAILED', status: 503 })
      }
      const unread = await server.get('/api/v1/runs/unheard-of')
      expect(unread.status).toBe(503)
      expect(await unread.json()).toMatchObject({
        code: 'CONTROL_FAILED',
        detail: expect.stringContaining('and this has not been read before'),
      })
      expect((await server.get('/runs/unheard-of')).status).toBe(503)
      expect((await server.post(`/api/v1/runs/${run}/cancel`, {})).status).toBe(503)
      expect((await server.get('/healthz')).status).toBe(200)
      expect((await server.get('/readyz')).status).toBe(503)
      expect((await server.get('/version')).status).toBe(200)
    } finally {
      await postgres.start()
    }
    expect((await server.get('/readyz')).status).toBe(200)
    expect((await server.post(`/api/v1/runs/${run}/cancel`, {})).status).toBe(202)
    expect((await server.get('/api/v1/runs/unheard-of')).status).toBe(404)
  })
})
