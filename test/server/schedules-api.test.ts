import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PageBody } from '../../src/server/rest/bodies.ts'
import type { ScheduleBody, TickBody } from '../../src/server/rest/schedules.ts'
import { HOSTILE_NAMES } from '../control/temporary-control.ts'
import { MINUTE, NOW, type ScratchServer, scratchServer } from './scratch-server.ts'

let server: ScratchServer
beforeAll(async () => {
  server = await scratchServer()
  server.setSecrets(['hunter22'])
  server.addBatch('sales', { pipeline_cron_schedule: '*/5 * * * *', schedule_jitter: '1m' })
  server.addBatch('shop')
})
afterAll(() => server.close())

const list = (query = '') => server.json<PageBody<ScheduleBody>>(`/api/v1/schedules${query}`)
const change = async (id: string, verb: 'pause' | 'resume', headers: Record<string, string> = {}) => {
  const response = await server.post(`/api/v1/schedules/${encodeURIComponent(id)}/${verb}`, {}, headers)
  return { status: response.status, body: (await response.json()) as PageBody<ScheduleBody> }
}

describe('/schedules', () => {
  it('lists them all with states, next ticks and latest outcomes', async () => {
    await server.control.schedules.recordTicks([
      { schedule: 'pipeline:sales', at: NOW - 5 * MINUTE, outcome: 'skipped', reason: 'hunter22' },
    ])
    const { items, next } = await list()
    expect(next).toBeNull()
    expect(items.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'pipeline:sales running',
      'delete:sales stopped',
      ...['ingest', 'train', 'score', 'alert', 'change', 'delete'].map((job) => `${job}:shop stopped`),
      'summary running',
    ])
    const [pipeline] = items
    expect(pipeline).toMatchObject({
      job: 'pipeline',
      batch: 'sales',
      cron: '*/5 * * * *',
      timeZone: 'UTC',
      file: 'RUNNING',
      catchUp: 'latest',
      overlap: 'skip',
      last: { at: NOW - 5 * MINUTE, outcome: 'skipped', reason: '***' },
    })
    expect(pipeline!.offsetMs).toBeLessThan(MINUTE)
    // The tick of now itself is put off, so it is still to come.
    expect(pipeline!.next).toEqual([NOW, NOW + 5 * MINUTE, NOW + 10 * MINUTE])
    expect(items[1]!.next).toEqual([])
  })

  it('lists those of a batch or job, page by page', async () => {
    expect((await list('?batch=sales')).items.map(({ id }) => id)).toEqual(['pipeline:sales', 'delete:sales'])
    expect((await list('?job=summary')).items.map(({ id }) => id)).toEqual(['summary'])
    const first = await list('?batch=shop&limit=4')
    expect(first.next).toBe('alert:shop')
    const second = await list(`?batch=shop&limit=4&after=${first.next}`)
    expect(second).toMatchObject({ items: [{ id: 'change:shop' }, { id: 'delete:shop' }], next: null })
    expect((await server.get('/api/v1/schedules?after=nothing')).status).toBe(400)
    expect((await server.get('/api/v1/schedules?job=explode')).status).toBe(400)
  })

  it('pauses and resumes, against what the file says', async () => {
    const paused = await change('pipeline:sales', 'pause')
    expect(paused).toMatchObject({
      status: 200,
      body: { items: [{ id: 'pipeline:sales', state: 'paused', file: 'RUNNING', next: [] }] },
    })
    expect((await change('pipeline:sales', 'resume')).body.items).toMatchObject([{ state: 'running' }])
    expect((await change('ingest:shop', 'resume')).body.items).toMatchObject([
      { state: 'running', file: 'STOPPED' },
    ])
    expect(await server.control.schedules.states()).toEqual(
      new Map([
        ['pipeline:sales', 'running'],
        ['ingest:shop', 'running'],
      ]),
    )
  })

  it('takes any name of a batch', async () => {
    // What is not well-formed cannot be written in an address, and what is too long does not fit into one.
    const names = HOSTILE_NAMES.filter((name) => name.length < 1_000 && !/\p{Surrogate}/u.test(name))
    for (const name of names) {
      server.addBatch(name, { pipeline_cron_schedule: '0 9 * * *', disable_delete: true })
      expect((await change(`pipeline:${name}`, 'pause')).body.items).toMatchObject([
        { id: `pipeline:${name}`, batch: name, state: 'paused' },
      ])
    }
  })

  it('refuses what is not there, and pages of other sites', async () => {
    for (const id of ['', 'pipeline', 'pipeline:nobody', '__proto__'])
      expect((await change(id, 'pause')).status).toBe(404)
    expect((await change('summary', 'pause', { origin: 'https://evil.test' })).status).toBe(400)
    expect((await list('?job=summary')).items).toMatchObject([{ state: 'running' }])
  })
})

describe('/ticks', () => {
  it('lists the newest first, of one schedule page by page', async () => {
    const ticks = [1, 2, 3].map((minute) => ({
      schedule: 'ingest:a/b',
      at: NOW + minute * MINUTE,
      outcome: 'fired' as const,
      runId: `r${minute}`,
    }))
    await server.control.schedules.recordTicks(ticks)
    const of = `/api/v1/ticks?schedule=${encodeURIComponent('ingest:a/b')}&limit=2`
    const first = await server.json<PageBody<TickBody>>(of)
    expect(first).toEqual({ items: [ticks[2], ticks[1]], next: String(ticks[1]!.at) })
    const second = await server.json<PageBody<TickBody>>(`${of}&before=${first.next}`)
    expect(second).toEqual({ items: [ticks[0]], next: null })
    const all = await server.json<PageBody<TickBody>>('/api/v1/ticks')
    expect(all.items[0]).toEqual(ticks[2])
    expect(JSON.stringify(all)).not.toContain('hunter22')
    expect((await server.json<PageBody<TickBody>>('/api/v1/ticks?schedule=none')).items).toEqual([])
  })
})
