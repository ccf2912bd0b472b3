import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/alerts/alert.ts'
import type { AlertDetailBody, PageBody } from '../../src/server/rest/bodies.ts'
import { MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let server: ScratchServer
let alerts: readonly Alert[]
beforeAll(async () => {
  server = await scratchServer()
  server.setSecrets(['hunter22'])
  server.addBatch('sales', { metric_tags: { 'm/1': { team: 'growth' } } })
  const table = server.database.metricsTable('metrics')
  await table.ensure()
  const values = Array.from({ length: 40 }, (_, index) => (index === 30 ? 90 : 10))
  await table.upsert(
    seriesRows({
      batch: 'sales',
      metric: 'm/1',
      values,
      scores: values.map((value) => (value === 90 ? 0.95 : 0.1)),
    }),
  )
  const finding = {
    batch: 'sales',
    metric: 'm/1',
    kind: 'anomaly',
    value: 90,
    score: 0.95,
    reason: 'far above',
    details: { upper: 12 },
  } as const
  alerts = await server.control.alerts.raise(
    [
      { ...finding, timestamp: NOW - 9 * MINUTE },
      ...Array.from({ length: 6 }, (_, index) => ({
        ...finding,
        kind: 'change' as const,
        metric: 'm2',
        timestamp: NOW - index * MINUTE,
      })),
      { ...finding, batch: 'gone', timestamp: NOW - 100 * MINUTE },
    ],
    { now: NOW, channels: ['email', 'console'] },
  )
})
afterAll(() => server.close())

const list = (query: string) => server.json<PageBody<Alert>>(`/api/v1/alerts${query}`)

describe('/alerts', () => {
  it('lists the newest first', async () => {
    const { items, next } = await list('')
    expect(items.map(({ timestamp }) => timestamp)).toEqual(
      [0, 1, 2, 3, 4, 5, 9, 100].map((minutes) => NOW - minutes * MINUTE),
    )
    expect(next).toBeNull()
  })

  it('pages by cursor without losing or repeating one', async () => {
    const seen: string[] = []
    let before = ''
    for (let pages = 0; pages < 10; pages++) {
      const { items, next } = await list(`?limit=3${before}`)
      seen.push(...items.map(({ id }) => id))
      if (next === null) break
      expect(items).toHaveLength(3)
      before = `&before=${next}`
    }
    expect(seen).toEqual((await list('')).items.map(({ id }) => id))
  })

  it('ends without a cursor when the last page is exactly full', async () => {
    expect((await list('?limit=8')).next).toBeNull()
    expect((await list('?limit=7')).next).toBe((await list('?limit=7')).items[6]?.id)
  })

  it('filters by batch, metric and kind', async () => {
    expect((await list('?batch=gone')).items).toHaveLength(1)
    expect((await list('?metric=m%2F1&batch=sales')).items).toHaveLength(1)
    expect((await list('?kind=change')).items).toHaveLength(6)
    expect((await list("?batch=' OR 1=1 --")).items).toEqual([])
  })

  it.each(['?limit=0', '?limit=501', '?limit=1.5', '?kind=disaster', '?page=2'])(
    'refuses %s',
    async (query) => {
      const response = await server.get(`/api/v1/alerts${query}`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'INPUT_INVALID' })
    },
  )

  it('says that a cursor is of no alert', async () => {
    expect((await server.get('/api/v1/alerts?before=nobody')).status).toBe(404)
  })
})

describe('/alerts/:id', () => {
  it('shows the alert with its tags and deliveries, secrets taken out', async () => {
    const [email] = (await server.control.alerts.deliveries({ alertId: alerts[0]!.id, limit: 9 })).filter(
      ({ channel }) => channel === 'email',
    )
    await server.control.alerts.settle(email!.id, { status: 'dead', problem: 'login hunter22 refused' })
    const body = await server.json<AlertDetailBody>(`/api/v1/alerts/${alerts[0]!.id}`)
    expect(body).toMatchObject({
      id: alerts[0]!.id,
      reason: 'far above',
      details: { upper: 12 },
      tags: { team: 'growth' },
    })
    expect(body.deliveries.map(({ channel, status }) => `${channel} ${status}`).sort()).toEqual([
      'console pending',
      'email dead',
    ])
    expect(body.deliveries.find(({ channel }) => channel === 'email')?.problem).toBe('login *** refused')
  })

  it.each(['nobody', '..%2f', "'%20OR%201=1"])('is 404 for %s', async (id) => {
    expect((await server.get(`/api/v1/alerts/${id}`)).status).toBe(404)
  })

  it('has a picture', async () => {
    const response = await server.get(`/api/v1/alerts/${alerts[0]!.id}/chart.png`)
    expect(response.headers.get('content-type')).toBe('image/png')
    const png = Buffer.from(await response.arrayBuffer())
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.readUInt32BE(16)).toBe(1600)
  })

  it('has no picture when its batch has left the project', async () => {
    const response = await server.get(`/api/v1/alerts/${alerts.at(-1)!.id}/chart.png`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('no batch "gone"') })
  })
})

describe('/deliveries/:id/retry', () => {
  it('makes a dead delivery pending once', async () => {
    const [delivery] = await server.control.alerts.deliveries({ alertId: alerts[1]!.id, limit: 1 })
    await server.control.alerts.settle(delivery!.id, { status: 'dead', problem: 'no' })
    const path = `/api/v1/deliveries/${delivery!.id}/retry`
    expect((await server.post(path, {})).status).toBe(202)
    expect(await server.control.alerts.deliveries({ alertId: alerts[1]!.id, limit: 1 })).toMatchObject([
      { status: 'pending' },
    ])
    const again = await server.post(path, {})
    expect(again.status).toBe(409)
    expect(await again.json()).toMatchObject({ code: 'CONFLICT' })
  })
})
