import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PageBody, RunBody } from '../../src/server/rest/bodies.ts'
import type { ExecutorBody } from '../../src/server/rest/executors.ts'
import type { BulkBody } from '../../src/server/rest/run-control.ts'
import { NOW, type ScratchServer, scratchServer } from './scratch-server.ts'

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  server.addBatch('sales')
})
afterEach(() => server.close())

const EXECUTOR = 'me'

async function runOf(
  status: 'queued' | 'running' | 'failed' | 'succeeded',
  {
    batch = 'sales',
    job = 'ingest',
    now = NOW,
    parent = '',
  }: { batch?: string; job?: RunBody['job']; now?: number; parent?: string } = {},
): Promise<string> {
  const { runs } = server.control
  const { run } = await runs.enqueue(
    {
      job,
      batch,
      trigger: parent === '' ? 'manual' : 'fan-out',
      params: { x: 1 },
      ...(parent === '' ? {} : { parent, shard: parent }),
    },
    { now },
  )
  if (status === 'queued') return run.id
  await runs.claimById(run.id, { executor: EXECUTOR, now })
  if (status === 'running') return run.id
  await runs.finish(run.id, {
    attempt: 1,
    executor: EXECUTOR,
    status,
    now,
    ...(status === 'failed' ? { error: { code: 'QUERY_FAILED', message: 'no table' } as const } : {}),
  })
  return run.id
}

const bulk = async (verb: 'retry' | 'cancel', body: unknown, headers: Record<string, string> = {}) => {
  const response = await server.post(`/api/v1/runs/bulk/${verb}`, body, headers)
  return { status: response.status, body: (await response.json()) as BulkBody }
}
const queued = async () =>
  (await server.json<PageBody<RunBody>>('/api/v1/runs?status=queued&limit=500')).items

describe('POST /runs/:id/retry', () => {
  it('queues a run like it, which goes on with what was done when it is told to', async () => {
    const id = await runOf('failed')
    const response = await server.post(`/api/v1/runs/${id}/retry`, {})
    expect(response.status).toBe(202)
    const body = (await response.json()) as RunBody
    expect(body).toMatchObject({ job: 'ingest', batch: 'sales', trigger: 'retry', params: { x: 1 } })
    expect(body).not.toHaveProperty('resumes')
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${body.id}`)
    const resumed = await (await server.post(`/api/v1/runs/${id}/retry`, { resume: true })).json()
    expect(resumed).toMatchObject({ resumes: id })
  })

  it('queues one however often a key is sent, and one more for another run', async () => {
    const [one, two] = [await runOf('failed'), await runOf('failed')]
    const key = { 'idempotency-key': 'again' }
    const retry = async (id: string) =>
      ((await (await server.post(`/api/v1/runs/${id}/retry`, {}, key)).json()) as RunBody).id
    expect(await retry(one)).toBe(await retry(one))
    expect(await retry(two)).not.toBe(await retry(one))
    expect(await queued()).toHaveLength(2)
  })

  it('refuses one that has not ended, one that is not there, and wrong words', async () => {
    const id = await runOf('running')
    const early = await server.post(`/api/v1/runs/${id}/retry`, {})
    expect(early.status).toBe(409)
    expect(await early.json()).toMatchObject({ code: 'CONFLICT' })
    expect((await server.post('/api/v1/runs/nobody/retry', {})).status).toBe(404)
    expect((await server.post(`/api/v1/runs/${id}/retry`, { from: 'step 2' })).status).toBe(400)
    const foreign = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
    expect((await server.post(`/api/v1/runs/${id}/retry`, {}, foreign)).status).toBe(400)
  })
})

describe('POST /runs/bulk/retry', () => {
  it('says of every id what became of it', async () => {
    const [failed, running] = [await runOf('failed'), await runOf('running')]
    const { status, body } = await bulk('retry', { ids: [failed, running, 'nobody', failed], resume: true })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      accepted: 1,
      refused: 2,
      more: false,
      items: [
        { id: failed, accepted: true },
        { id: running, accepted: false, code: 'CONFLICT' },
        { id: 'nobody', accepted: false, code: 'NOT_FOUND' },
      ],
    })
    expect(await queued()).toMatchObject([{ resumes: failed, trigger: 'retry' }])
  })

  it('takes the failed runs that fit a filter, without parts of others', async () => {
    server.addBatch('other')
    const wanted = await runOf('failed', { now: NOW - 10 })
    const parent = await runOf('failed', { job: 'train', now: NOW - 9 })
    await runOf('failed', { job: 'train', now: NOW - 9, parent })
    await runOf('failed', { batch: 'other' })
    await runOf('succeeded')
    await runOf('failed', { now: NOW + 1 })
    const { body } = await bulk('retry', { filter: { batch: 'sales', to: String(NOW) } })
    expect(body.items.map(({ id }) => id)).toEqual([parent, wanted])
    const done = await bulk('retry', { filter: { batch: 'sales', status: 'succeeded', job: 'ingest' } })
    expect(done.body.accepted).toBe(1)
  })

  it('does a filter once for a key, whatever has failed since', async () => {
    await runOf('failed')
    const key = { 'idempotency-key': 'night-shift' }
    const first = await bulk('retry', { filter: {} }, key)
    await runOf('failed', { now: NOW + 5 })
    const second = await bulk('retry', { filter: {} }, key)
    expect(second.body).toEqual(first.body)
    expect(await queued()).toHaveLength(1)
    // A day later the key is forgotten: it may be another's.
    server.advance(86_400_001)
    await bulk('retry', { filter: {} }, { 'idempotency-key': 'next night' })
    expect((await server.control.notes.list('bulk:')).size).toBe(1)
  })

  it('acts on 1,000 runs at most, and says that there are more', async () => {
    await server.control.runs.enqueue({ job: 'ingest', batch: 'sales', trigger: 'manual' }, { now: NOW })
    for (let index = 0; index < 1_001; index++)
      await server.control.runs.enqueue(
        { job: 'score', batch: 'sales', trigger: 'manual' },
        { now: NOW + index },
      )
    const { body } = await bulk('cancel', { filter: { job: 'score' } })
    expect([body.accepted, body.more]).toEqual([1_000, true])
    expect(await queued()).toHaveLength(2)
    const ids = Array.from({ length: 1_001 }, (_, index) => `r${index}`)
    expect((await bulk('retry', { ids })).status).toBe(400)
  })

  it.each([
    [{}, /either "ids" or "filter"/],
    [{ ids: ['a'], filter: {} }, /either "ids" or "filter"/],
    [{ ids: [] }, /field "ids"/],
    [{ ids: [7] }, /field "ids/],
    [{ filter: { status: 'sad' } }, /field "filter.status"/],
    [{ filter: { owner: 'me' } }, /owner/],
  ])('refuses %j', async (wanted, detail) => {
    const response = await server.post('/api/v1/runs/bulk/retry', wanted)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ detail: expect.stringMatching(detail) })
  })
})

describe('POST /runs/bulk/cancel', () => {
  it('cancels what waits, asks what runs to stop, and tells of what has ended', async () => {
    const [waiting, running, ended] = [
      await runOf('queued', { job: 'score' }),
      await runOf('running'),
      await runOf('succeeded', { job: 'train' }),
    ]
    const { body } = await bulk('cancel', { ids: [waiting, running, ended, 'nobody'] })
    expect(body.items).toMatchObject([
      { id: waiting, accepted: true },
      { id: running, accepted: true },
      { id: ended, accepted: false, code: 'CONFLICT' },
      { id: 'nobody', accepted: false, code: 'NOT_FOUND' },
    ])
    expect((await server.control.runs.get(waiting))?.status).toBe('canceled')
    expect(await server.control.runs.cancelRequests(EXECUTOR)).toEqual([running])
    expect((await bulk('cancel', { ids: [waiting], resume: true })).status).toBe(400)
  })
})

describe('GET /executors', () => {
  it('lists who is alive, and what each is at', async () => {
    const running = await runOf('running')
    await server.control.runs.heartbeat({ id: EXECUTOR, host: 'here', pid: 1 }, Date.now())
    await server.control.runs.heartbeat({ id: 'gone', host: '<b>there</b>', pid: 2 }, Date.now() - 60_000)
    const { items } = await server.json<PageBody<ExecutorBody>>('/api/v1/executors')
    expect(items).toMatchObject([
      { id: EXECUTOR, host: 'here', pid: 1, state: 'alive', runs: [{ id: running, job: 'ingest' }] },
      { id: 'gone', host: '<b>there</b>', state: 'silent', runs: [] },
    ])
  })
})
