import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import type { BackfillBody } from '../../src/server/rest/backfills.ts'
import type { PageBody } from '../../src/server/rest/bodies.ts'
import type { BackfillPreview } from '../../src/server/views/backfill-preview.ts'
import { DAY, MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  for (const name of ['a/b', 'sales', 'empty']) server.addBatch(name)
  const table = server.database.metricsTable('metrics')
  await table.ensure()
  const values = Array.from({ length: 10 }, (_, index) => index)
  for (const metric of ['m', 'n'])
    await table.upsert(seriesRows({ batch: 'a/b', metric, values, scores: values }))
})
afterEach(() => server.close())

const start = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await server.post('/api/v1/backfills', body, headers)
  return { response, body: (await response.json()) as BackfillBody }
}

describe('POST /backfills', () => {
  it('queues a run for each batch, as one group', async () => {
    const from = '2025-06-01T00:00:00Z'
    const { response, body } = await start({ batches: ['a/b', 'sales', 'a/b'], from, to: NOW })
    expect(response.status).toBe(202)
    expect(body).toMatchObject({
      done: 0,
      failed: 0,
      total: 2,
      items: [{ batch: 'a/b' }, { batch: 'sales' }],
    })
    expect(response.headers.get('location')).toBe(`/api/v1/backfills/${body.group}`)
    expect(await server.control.runs.list({ parent: body.group, limit: 5 })).toMatchObject([
      { job: 'backfill', batch: 'sales', params: { from: Date.parse(from), to: NOW }, trigger: 'api' },
      { job: 'backfill', batch: 'a/b' },
    ])
  })

  it('is one group for one key', async () => {
    const key = { 'idempotency-key': 'nightly' }
    const first = await start({ batches: ['sales'] }, key)
    expect((await start({ batches: ['sales'] }, key)).body).toEqual(first.body)
    expect((await start({ batches: ['sales'] })).body.group).not.toBe(first.body.group)
  })

  it.each([
    [{ batches: [] }, 400],
    [{ batches: ['nobody'] }, 404],
    [{ batches: ['sales', '__proto__'] }, 404],
    [{ batches: ['sales'], from: 'noon' }, 400],
    [{ batches: ['sales'], from: 2, to: 1 }, 400],
    [{ batches: ['sales'], days: 1 }, 400],
  ])('refuses %j', async (wanted, status) => {
    expect((await start(wanted)).response.status).toBe(status)
    expect(await server.control.runs.list({ limit: 5 })).toEqual([])
  })
})

describe('GET /backfills/:group', () => {
  it('tells how far each batch is; a retry takes the place of what failed', async () => {
    server.setSecrets(['hunter22'])
    const { body } = await start({ batches: ['a/b', 'sales', 'empty'] })
    const { runs } = server.control
    const [one, two] = body.items
    const executor = 'me'
    await runs.claimById(one!.run, { executor, now: NOW })
    await runs.saveLogs(
      [64, 128].map((metrics) => ({
        runId: one!.run,
        at: NOW,
        level: 'info',
        message: 'backfill',
        fields: { batch: 'a/b', metrics, of: 300 },
      })),
    )
    await runs.claimById(two!.run, { executor, now: NOW })
    const error = { code: 'QUERY_FAILED', message: 'hunter22', stack: 'there' } as const
    await runs.finish(two!.run, { attempt: 1, executor, now: NOW, status: 'failed', error })
    const progress = () => server.json<BackfillBody>(`/api/v1/backfills/${body.group}`)
    expect(await progress()).toMatchObject({
      done: 1,
      failed: 1,
      total: 3,
      items: [
        { batch: 'a/b', status: 'running', progress: { metrics: 128, of: 300 } },
        { batch: 'empty', status: 'failed', error: { code: 'QUERY_FAILED', message: '***' } },
        { batch: 'sales', status: 'queued' },
      ],
    })
    await server.post(`/api/v1/runs/${two!.run}/retry`, {})
    expect(await progress()).toMatchObject({ done: 0, failed: 0, total: 3 })
  })

  it('is 404 when there is none', async () => {
    expect((await server.get('/api/v1/backfills/nothing')).status).toBe(404)
  })
})

describe('GET /backfills/preview', () => {
  const preview = async (query: string) =>
    (await server.json<PageBody<BackfillPreview>>(`/api/v1/backfills/preview?${query}`)).items

  it('counts what would be scored', async () => {
    expect(await preview('batch=a%2Fb&batch=empty')).toEqual([
      { batch: 'a/b', metrics: 2, points: 20, from: expect.any(Number), to: NOW },
      { batch: 'empty', metrics: 0, points: 0, from: expect.any(Number), to: NOW },
    ])
    const [from, to] = [NOW - 3 * MINUTE, NOW - MINUTE]
    expect(await preview(`batch=a%2Fb&from=${from}&to=${to}`)).toEqual([
      { batch: 'a/b', metrics: 2, points: 6, from, to },
    ])
    expect(await preview(`batch=a%2Fb&from=${NOW - DAY}&to=${NOW - DAY + 1}`)).toMatchObject([
      { metrics: 0, points: 0 },
    ])
    expect((await preview('')).map(({ batch }) => batch)).toEqual(['a/b', 'sales', 'empty'])
  })

  it('says which table cannot be read, and shows the others', async () => {
    server.breakDatabase('sales', new AnomstackError('CONNECTION_FAILED', 'refused'))
    expect(await preview('batch=sales&batch=a%2Fb')).toMatchObject([
      { batch: 'sales', points: 0, problem: { code: 'CONNECTION_FAILED' } },
      { batch: 'a/b', points: 20 },
    ])
    expect((await server.get('/api/v1/backfills/preview?batch=nobody')).status).toBe(404)
    expect((await server.get(`/api/v1/backfills/preview?from=${NOW}&to=${NOW}`)).status).toBe(400)
  })
})
