import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import type { BatchBody } from '../../src/server/rest/batches.ts'
import type { PageBody } from '../../src/server/rest/bodies.ts'
import { DAY, MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  await server.database.metricsTable('metrics').ensure()
})
afterEach(() => server.close())

const list = async () => (await server.json<PageBody<BatchBody>>('/api/v1/batches')).items

describe('/batches', () => {
  it('is empty in an empty project', async () => {
    expect(await server.json('/api/v1/batches')).toEqual({ items: [], next: null })
  })

  it('says of each batch where it is, when it runs, what ran last and how its data are', async () => {
    server.addBatch('sales', {
      ingest_default_schedule_status: 'RUNNING',
      ingest_cron_schedule: '*/5 * * * *',
    })
    const values = Array.from({ length: 20 }, () => 1)
    await server.database
      .metricsTable('metrics')
      .upsert([
        ...seriesRows({ batch: 'sales', metric: 'a', values, scores: values.map(() => 0.2) }),
        ...seriesRows({ batch: 'sales', metric: 'b', values: [1, 2, 3] }),
      ])
    const finding = {
      batch: 'sales',
      metric: 'a',
      kind: 'anomaly',
      value: 1,
      reason: 'r',
      details: {},
    } as const
    await server.control.alerts.raise(
      [NOW, NOW - 8 * DAY].map((timestamp) => ({ ...finding, timestamp })),
      { now: NOW, channels: [] },
    )
    await server.control.runs.enqueue(
      { job: 'ingest', batch: 'sales', trigger: 'manual' },
      { now: NOW - MINUTE },
    )
    const newest = await server.control.runs.enqueue(
      { job: 'ingest', batch: 'sales', trigger: 'manual' },
      { now: NOW },
    )
    expect(await list()).toEqual([
      {
        name: 'sales',
        file: 'metrics/sales.yaml',
        db: 'sqlite',
        table: 'metrics',
        schedules: [{ job: 'ingest', cron: '*/5 * * * *', timeZone: 'UTC', next: NOW + 5 * MINUTE }],
        runs: [expect.objectContaining({ id: newest.run.id, status: 'queued' })],
        data: { metrics: 2, learning: 1, newest: NOW, alerts: 1 },
      },
    ])
  })

  it('still lists a batch whose database is down, with the problem, and the others as ever', async () => {
    server.addBatch('broken')
    server.addBatch('fine')
    server.setSecrets(['hunter22'])
    server.breakDatabase(
      'broken',
      new AnomstackError('CONNECTION_FAILED', 'login with hunter22 refused', { at: { batch: 'broken' } }),
    )
    const [broken, fine] = await list()
    expect(broken).toMatchObject({
      data: null,
      problem: {
        code: 'CONNECTION_FAILED',
        status: 503,
        detail: expect.stringContaining('login with *** refused'),
      },
    })
    expect(fine).toMatchObject({ data: { metrics: 0, newest: null } })
  })

  it('keeps the text of an unexpected error to itself', async () => {
    server.addBatch('broken')
    server.breakDatabase('broken', new Error('password is hunter22'))
    const response = await server.get('/api/v1/batches/broken/metrics')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toMatch(/hunter22|at .*\.ts|node_modules/)
    expect(server.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'a request failed' }),
    )
  })

  it('shows a schedule whose expression is not valid without a next tick', async () => {
    server.addBatch('typo', { ingest_default_schedule_status: 'RUNNING', ingest_cron_schedule: 'every day' })
    expect((await list())[0]?.schedules).toEqual([{ job: 'ingest', cron: 'every day', timeZone: 'UTC' }])
  })

  it('reads the data of a batch at most once in some seconds', async () => {
    server.addBatch('sales')
    expect((await list())[0]?.data?.metrics).toBe(0)
    await server.database
      .metricsTable('metrics')
      .upsert(seriesRows({ batch: 'sales', metric: 'a', values: [1] }))
    expect((await list())[0]?.data?.metrics).toBe(0)
    server.advance(5_000)
    expect((await list())[0]?.data?.metrics).toBe(1)
  })

  it('gives one batch with its settings and without secrets', async () => {
    server.setSecrets(['hunter22'])
    server.addBatch('a/b', { train_sql: "select 'hunter22'" })
    const body = await server.json('/api/v1/batches/a%2Fb')
    expect(body).toMatchObject({ name: 'a/b', settings: { alert_max_n: 250, train_sql: "select '***'" } })
  })
})

describe('/batches/:batch/metrics', () => {
  it('puts the strangest first and stale ones last, and says who is learning', async () => {
    server.addBatch('b', { train_min_n: 14 })
    const steady = Array.from({ length: 20 }, () => 1)
    const scored = (metric: string, score: number, end = NOW) =>
      seriesRows({ batch: 'b', metric, values: steady, scores: steady.map(() => score), end })
    await server.database
      .metricsTable('metrics')
      .upsert([
        ...scored('calm', 0.1),
        ...scored('strange', 0.7),
        ...scored('gone', 0.99, NOW - 30 * DAY),
        ...scored('alerting', 0.2),
        ...seriesRows({ batch: 'b', metric: 'young', values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }),
      ])
    await server.control.alerts.raise(
      [
        {
          batch: 'b',
          metric: 'alerting',
          kind: 'change',
          timestamp: NOW,
          value: 1,
          reason: 'r',
          details: {},
        },
      ],
      { now: NOW, channels: [] },
    )
    const { items } = await server.json<{ items: { name: string }[] }>('/api/v1/batches/b/metrics')
    expect(items.map(({ name }) => name)).toEqual(['alerting', 'strange', 'calm', 'young', 'gone'])
    expect(items[3]).toEqual({
      name: 'young',
      newest: NOW,
      points: 9,
      alerts: 0,
      stale: false,
      learning: { points: 9, needed: 14 },
    })
    expect(items[4]).toMatchObject({ stale: true })
  })

  it('finds the metrics of a batch whose data ended long ago', async () => {
    server.addBatch('old')
    await server.database
      .metricsTable('metrics')
      .upsert(seriesRows({ batch: 'old', metric: 'm', values: [1, 2], end: NOW - 3000 * DAY }))
    const { items } = await server.json<{ items: unknown[] }>('/api/v1/batches/old/metrics')
    expect(items).toMatchObject([{ name: 'm', stale: true }])
  })
})

describe('/config, /healthz, /readyz, /version', () => {
  it('shows faults with errors first, kinds of connections, and never an option', async () => {
    server.setSecrets(['hunter22'])
    server.setFaults([
      { severity: 'warning', file: 'a.yaml', message: 'w' },
      {
        severity: 'error',
        file: 'b.yaml',
        line: 3,
        column: 5,
        message: 'bad hunter22',
        suggestion: 'not hunter22',
      },
    ])
    const body = await server.json('/api/v1/config')
    expect(body.faults).toEqual([
      { severity: 'error', file: 'b.yaml', line: 3, column: 5, message: 'bad ***', suggestion: 'not ***' },
      { severity: 'warning', file: 'a.yaml', message: 'w' },
    ])
    expect(body.connections).toEqual([{ name: 'sqlite', kind: 'sqlite' }])
    expect(body.channels).toEqual([
      { name: 'slack', kind: 'slack', configured: false, missing: 'set ANOMSTACK_SLACK_BOT_TOKEN' },
    ])
  })

  it('tells that it lives, that it can work, and what it is', async () => {
    expect(await server.json('/healthz')).toEqual({ status: 'ok' })
    expect(await server.json('/readyz')).toEqual({ status: 'ready', batches: 0 })
    expect(await server.json('/version')).toEqual({
      name: 'anomstack',
      version: '1.2.3-test',
      node: process.version,
    })
  })

  it('is alive but not ready without its control database', async () => {
    await server.control.close()
    expect((await server.get('/healthz')).status).toBe(200)
    const ready = await server.get('/readyz')
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ code: 'CONTROL_FAILED' })
  })
})
