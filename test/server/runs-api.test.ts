import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogBody, PageBody, RunBody, RunDetailBody } from '../../src/server/rest/bodies.ts'
import { NOW, type ScratchServer, scratchServer } from './scratch-server.ts'

let server: ScratchServer
beforeAll(async () => {
  server = await scratchServer()
  server.setSecrets(['hunter22'])
  server.addBatch('a/b')
  server.addBatch('sales')
})
afterAll(() => server.close())

const enqueue = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await server.post('/api/v1/runs', body, headers)
  return { response, body: (await response.json()) as RunBody }
}

describe('POST /runs', () => {
  it('queues a run and says where it is', async () => {
    const { response, body } = await enqueue({ job: 'train', batch: 'a/b', params: { from: '2024-01-01' } })
    expect(response.status).toBe(202)
    expect(body).toMatchObject({
      job: 'train',
      batch: 'a/b',
      trigger: 'api',
      status: 'queued',
      params: { from: '2024-01-01' },
    })
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${body.id}`)
    expect(await server.control.runs.get(body.id)).toMatchObject({ job: 'train', batch: 'a/b' })
  })

  it('queues one run however often a key is sent', async () => {
    const key = { 'idempotency-key': 'order-66' }
    const first = await enqueue({ job: 'score', batch: 'sales' }, key)
    const second = await enqueue({ job: 'score', batch: 'sales' }, key)
    expect(second.response.status).toBe(202)
    expect(second.body.id).toBe(first.body.id)
    expect(
      (await enqueue({ job: 'score', batch: 'sales' }, { 'idempotency-key': 'order-67' })).body.id,
    ).not.toBe(first.body.id)
  })

  it('never meets the key of a schedule', async () => {
    const scheduled = await server.control.runs.enqueue(
      { job: 'ingest', batch: 'sales', trigger: 'schedule' },
      { now: NOW, idempotencyKey: 'schedule:ingest:sales:1' },
    )
    const { body } = await enqueue(
      { job: 'ingest', batch: 'sales' },
      { 'idempotency-key': 'schedule:ingest:sales:1' },
    )
    expect(body.id).not.toBe(scheduled.run.id)
  })

  it.each([
    [{ job: 'explode', batch: 'sales' }, /field "job"/],
    [{ job: 'deliver', batch: 'sales' }, /field "job"/],
    [{ job: 'train' }, /field "batch": job "train" needs the name of a batch/],
    [{ job: 'summary', batch: 'sales' }, /field "batch": job "summary" is not of one batch/],
    [{ job: 'train', batch: 'sales', prams: {} }, /prams/],
    [{ job: 'train', batch: 'sales', params: [] }, /field "params"/],
    [[], /expected object/i],
    [null, /expected object/i],
    ['train', /expected object/i],
  ])('refuses %j', async (wanted, detail) => {
    const response = await server.post('/api/v1/runs', wanted)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      code: 'INPUT_INVALID',
      detail: expect.stringMatching(detail),
    })
  })

  it('queues a job of the whole project', async () => {
    const { response, body } = await enqueue({ job: 'retention', params: { at: NOW } })
    expect(response.status).toBe(202)
    expect(body).toMatchObject({ job: 'retention', status: 'queued', trigger: 'api', params: { at: NOW } })
    expect(body.batch).toBeUndefined()
  })

  it('refuses an unknown batch, text that is no JSON, a form, and an unusable key', async () => {
    expect((await server.post('/api/v1/runs', { job: 'train', batch: '__proto__' })).status).toBe(404)
    const send = (body: string, type: string) =>
      fetch(`${server.url}/api/v1/runs`, { method: 'POST', headers: { 'content-type': type }, body })
    expect(await (await send('{"job":', 'application/json')).json()).toMatchObject({
      detail: 'the body is not valid JSON',
    })
    expect(await (await send('job=train&batch=sales', 'text/plain')).json()).toMatchObject({
      detail: expect.stringContaining('send the body as JSON'),
    })
    expect(
      (await enqueue({ job: 'train', batch: 'sales' }, { 'idempotency-key': 'two words' })).response.status,
    ).toBe(400)
  })
})

describe('/runs', () => {
  it('lists the newest first, by batch, job and status, page by page', async () => {
    const made: string[] = []
    for (let index = 0; index < 5; index++) {
      const { run } = await server.control.runs.enqueue(
        { job: 'change', batch: 'listed', trigger: 'manual' },
        { now: NOW + index },
      )
      made.unshift(run.id)
    }
    const first = await server.json<PageBody<RunBody>>(
      '/api/v1/runs?batch=listed&job=change&status=queued&limit=3',
    )
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 3))
    const second = await server.json<PageBody<RunBody>>(
      `/api/v1/runs?batch=listed&limit=3&before=${first.next}`,
    )
    expect(second.items.map(({ id }) => id)).toEqual(made.slice(3))
    expect(second.next).toBeNull()
    expect((await server.json<PageBody<RunBody>>('/api/v1/runs?batch=listed&status=failed')).items).toEqual(
      [],
    )
    expect((await server.get('/api/v1/runs?status=sad')).status).toBe(400)
  })

  it('lists by parent, queue and the time at which they were queued, both ends included', async () => {
    const ids: string[] = []
    for (const [index, job] of (['score', 'train', 'score'] as const).entries()) {
      const { run } = await server.control.runs.enqueue(
        { job, batch: 'timed', trigger: 'manual', parent: index === 0 ? 'group' : 'other' },
        { now: NOW - 1_000_000 + index },
      )
      ids.push(run.id)
    }
    const list = async (query: string) =>
      (await server.json<PageBody<RunBody>>(`/api/v1/runs?batch=timed&${query}`)).items.map(({ id }) => id)
    expect(await list('parent=group')).toEqual([ids[0]])
    expect(await list('queue=train')).toEqual([ids[1]])
    expect(await list(`from=${NOW - 999_999}`)).toEqual([ids[2], ids[1]])
    expect(await list(`to=${NOW - 999_999}`)).toEqual([ids[1], ids[0]])
    expect(await list(`from=${NOW - 999_999}&to=${new Date(NOW - 999_999).toISOString()}`)).toEqual([ids[1]])
    expect(await list(`from=${NOW}`)).toEqual([])
    expect((await server.get('/api/v1/runs?queue=fast')).status).toBe(400)
    expect((await server.get('/api/v1/runs?from=noon')).status).toBe(400)
  })
})

describe('/runs/:id', () => {
  it('shows steps with their stacks and logs, never a secret; a list shows no stack', async () => {
    const executor = 'me'
    const { run } = await server.control.runs.enqueue(
      { job: 'ingest', batch: 'shown', trigger: 'manual' },
      { now: NOW },
    )
    await server.control.runs.claimById(run.id, { executor, now: NOW })
    const error = {
      code: 'QUERY_FAILED',
      message: 'no login with hunter22',
      stack: 'Error: hunter22\n at query.ts',
    } as const
    await server.control.runs.saveStep({
      runId: run.id,
      index: 0,
      name: 'query',
      attempt: 1,
      status: 'failed',
      startedAt: NOW,
      endedAt: NOW + 5,
      result: { url: 'x?key=hunter22' },
      error,
    })
    await server.control.runs.saveLogs([
      {
        runId: run.id,
        at: NOW,
        level: 'error',
        message: 'hunter22!',
        fields: { deep: [{ key: 'hunter22' }] },
      },
    ])
    await server.control.runs.finish(run.id, { attempt: 1, executor, status: 'failed', now: NOW + 9, error })
    const response = await server.get(`/api/v1/runs/${run.id}`)
    const text = await response.text()
    expect(text).not.toContain('hunter22')
    const listed = await (await server.get('/api/v1/runs?batch=shown')).text()
    expect(listed).not.toMatch(/hunter22|stack/)
    expect(JSON.parse(text) as RunDetailBody).toMatchObject({
      status: 'failed',
      executor: 'me',
      error: { code: 'QUERY_FAILED', message: 'no login with ***', stack: 'Error: ***\n at query.ts' },
      steps: [
        {
          name: 'query',
          status: 'failed',
          attempt: 1,
          error: { message: 'no login with ***', stack: 'Error: ***\n at query.ts' },
          result: { url: 'x?key=***' },
        },
      ],
      logs: [{ level: 'error', message: '***!', fields: { deep: [{ key: '***' }] } }],
      logsBefore: null,
      children: [],
    })
  })

  it('shows its children, and its log page by page and by level', async () => {
    const { run } = await server.control.runs.enqueue(
      { job: 'train', batch: 'logged', trigger: 'manual' },
      { now: NOW },
    )
    const child = await server.control.runs.enqueue(
      { job: 'train', batch: 'logged', trigger: 'fan-out', parent: run.id, shard: '0' },
      { now: NOW },
    )
    const levels = ['debug', 'info', 'warn', 'error', 'info'] as const
    await server.control.runs.saveLogs(
      levels.map((level, index) => ({ runId: run.id, at: NOW, level, message: `m${index}`, fields: {} })),
    )
    const detail = (query = '') => server.json<RunDetailBody>(`/api/v1/runs/${run.id}${query}`)
    expect((await detail()).children).toMatchObject([{ id: child.run.id, shard: '0' }])
    expect((await detail()).logs.map(({ message }) => message)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
    expect((await detail('?level=error')).logs.map(({ message }) => message)).toEqual(['m3'])
    const logs = (query: string) => server.json<PageBody<LogBody>>(`/api/v1/runs/${run.id}/logs?${query}`)
    const first = await logs('level=info&limit=3')
    expect(first.items.map(({ message }) => message)).toEqual(['m4', 'm3', 'm2'])
    const second = await logs(`level=info&limit=3&before=${first.next}`)
    expect(second.items.map(({ message }) => message)).toEqual(['m1'])
    expect(second.next).toBeNull()
    expect((await server.get(`/api/v1/runs/${run.id}/logs?level=loud`)).status).toBe(400)
    expect((await server.get('/api/v1/runs/nobody/logs')).status).toBe(404)
  })

  it('is canceled once', async () => {
    const { body } = await enqueue({ job: 'alert', batch: 'sales' })
    const canceled = await server.post(`/api/v1/runs/${body.id}/cancel`, {})
    expect(canceled.status).toBe(202)
    expect(await canceled.json()).toMatchObject({ id: body.id, status: 'canceled' })
    const again = await server.post(`/api/v1/runs/${body.id}/cancel`, {})
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({ code: 'CONFLICT', detail: 'the run has ended already' })
  })

  it('is 404 when there is none', async () => {
    expect((await server.get('/api/v1/runs/nobody')).status).toBe(404)
    expect((await server.post('/api/v1/runs/nobody/cancel', {})).status).toBe(404)
  })
})
