import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SeriesBody } from '../../src/server/rest/bodies.ts'
import { MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

const BATCH = 'web/eu 1%25'
const METRIC = 'p95 / "ms" 🚀 %2F <b>'
const base = `/api/v1/batches/${encodeURIComponent(BATCH)}/series?metric=${encodeURIComponent(METRIC)}`

let server: ScratchServer
let alertId = ''
beforeAll(async () => {
  server = await scratchServer()
  server.addBatch(BATCH, { alert_smooth_n: 2 })
  const table = server.database.metricsTable('metrics')
  await table.ensure()
  const values = Array.from({ length: 200 }, (_, index) => index)
  await table.upsert([
    ...seriesRows({
      batch: BATCH,
      metric: METRIC,
      values,
      scores: values.map((value) => (value < 10 ? null : value === 150 ? 0.9 : 0.1)),
    }),
    ...seriesRows({ batch: BATCH, metric: 'other', values: [1, 2, 3] }),
    ...seriesRows({ batch: 'elsewhere', metric: METRIC, values: [-1, -2] }),
    { timestamp: NOW - 5 * MINUTE, batch: BATCH, name: METRIC, type: 'thumbsup', value: 1, metadata: '' },
    { timestamp: NOW - 4 * MINUTE, batch: BATCH, name: METRIC, type: 'llmalert', value: 1, metadata: '' },
  ])
  const finding = { batch: BATCH, metric: METRIC, value: 150, score: 0.9, reason: 'high', details: {} }
  const [alert] = await server.control.alerts.raise(
    [{ ...finding, kind: 'anomaly', timestamp: NOW - 49 * MINUTE }],
    { now: NOW, channels: [] },
  )
  alertId = alert!.id
})
afterAll(() => server.close())

const get = (query: string) => server.json<SeriesBody>(base + query)

describe('/batches/:batch/series', () => {
  it('gives the newest 90 points by default, as parallel columns', async () => {
    const series = await get('')
    expect(series).toMatchObject({ batch: BATCH, metric: METRIC, points: 90 })
    expect(series.timestamps).toEqual(Array.from({ length: 90 }, (_, index) => NOW - (89 - index) * MINUTE))
    expect(series.values).toEqual(Array.from({ length: 90 }, (_, index) => 110 + index))
    for (const column of [series.scores, series.smoothed, series.expected, series.lower, series.upper])
      expect(column).toHaveLength(90)
    expect([series.expected[0], series.lower[0], series.upper[0]]).toEqual([109, 107, 112])
    expect(series.scores[40]).toBe(0.9)
    expect(series.smoothed.slice(39, 43)).toEqual([0.1, 0.5, 0.5, 0.1])
  })

  it('marks recorded alerts with their id, and rows of others without', async () => {
    expect((await get('')).alerts).toEqual([
      { timestamp: NOW - 49 * MINUTE, kind: 'anomaly', id: alertId },
      { timestamp: NOW - 4 * MINUTE, kind: 'llm', id: null },
    ])
  })

  it.each([
    ['&last=10n', 10],
    ['&last=10', 10],
    ['&last=45m', 46],
    ['&last=1H', 61],
    ['&last=2d', 200],
    ['&last=', 90],
    [`&from=${NOW - 9 * MINUTE}`, 10],
    [`&from=${encodeURIComponent(new Date(NOW - 19 * MINUTE).toISOString())}&to=${NOW - 10 * MINUTE}`, 10],
    [`&to=${NOW - 190 * MINUTE}`, 10],
  ])('reads %s', async (query, points) => {
    const series = await get(query)
    expect(series.points).toBe(points)
    expect(series.timestamps).toHaveLength(points)
    expect(series.alerts.every(({ timestamp }) => series.timestamps.includes(timestamp))).toBe(true)
  })

  it('leaves null where a point has no score yet', async () => {
    const series = await get('&last=200n')
    expect(series.scores.slice(0, 11)).toEqual([...Array(10).fill(null), 0.1])
    expect(series.lower.slice(0, 10)).toEqual(Array(10).fill(null))
  })

  it('downsamples without losing an alert or an end', async () => {
    const series = await get('&last=200n&maxPoints=20')
    expect(series.points).toBe(200)
    expect(series.timestamps.length).toBeLessThanOrEqual(20)
    expect(series.timestamps).toEqual(
      expect.arrayContaining([NOW - 199 * MINUTE, NOW - 49 * MINUTE, NOW - 4 * MINUTE, NOW]),
    )
    expect(series.scores[series.timestamps.indexOf(NOW - 49 * MINUTE)]).toBe(0.9)
  })

  it.each([
    ['&last=7x', /"7x" is not a time window: use 90n/],
    ['&last=0n', /is not a time window/],
    ['&last=7d&from=0', /either "last", or "from" and "to"/],
    [`&from=${NOW}&to=${NOW - 1}`, /"from" lies after "to"/],
    ['&from=yesterday', /query parameter "from"/],
    ['&from=2024-01-01T00:00', /query parameter "from"/],
    ['&maxPoints=5001', /query parameter "maxPoints"/],
    ['&maxPoints=NaN', /query parameter "maxPoints"/],
    ['&lastn=7d', /lastn/],
  ])('refuses %s with a problem document', async (query, detail) => {
    const response = await server.get(base + query)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(await response.json()).toEqual({
      type: 'urn:anomstack:error:INPUT_INVALID',
      title: 'An argument, option or request is not valid.',
      status: 400,
      detail: expect.stringMatching(detail),
      code: 'INPUT_INVALID',
    })
  })

  it('shows what dashboard_sql of the batch’s own returns, within the window that was asked for', async () => {
    server.addBatch('own', {
      dashboard_sql: `select metric_timestamp, metric_name, metric_value * 10 as metric_value, 0.25 as metric_score
        from metrics where metric_batch = 'own' and metric_type = 'metric';`,
    })
    const values = Array.from({ length: 30 }, (_, index) => index)
    await server.database.metricsTable('metrics').upsert(seriesRows({ batch: 'own', metric: 'm', values }))
    const own = await server.json<SeriesBody>('/api/v1/batches/own/series?metric=m&last=3n')
    expect(own).toMatchObject({ points: 3, values: [270, 280, 290], scores: [0.25, 0.25, 0.25] })
    const span = await server.json<SeriesBody>('/api/v1/batches/own/series?metric=m&last=5m')
    expect(span.values.at(-1)).toBe(290)
    expect(span.points).toBeLessThan(8)
    server.addBatch('own', { dashboard_sql: 'select nonsense' })
    const failed = await server.get('/api/v1/batches/own/series?metric=m')
    expect(failed.status).toBe(422)
    expect(await failed.json()).toMatchObject({ code: 'QUERY_FAILED' })
  })

  it('is 400 without a metric, 404 for one without rows, and 404 for an unknown batch', async () => {
    expect((await server.get(base.replace(/metric=.*/, ''))).status).toBe(400)
    const missing = await server.get(base.replace(/metric=.*/, 'metric=nobody'))
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ code: 'NOT_FOUND', at: { batch: BATCH, metric: 'nobody' } })
    expect((await server.get('/api/v1/batches/__proto__/series?metric=x')).status).toBe(404)
  })

  it('is empty, not missing, when the metric has no points in the window', async () => {
    const series = await get(`&from=${NOW + MINUTE}`)
    expect(series).toMatchObject({ points: 0, timestamps: [], values: [], alerts: [] })
  })

  it('shows scores that stand between the values (a resampled metric)', async () => {
    server.addBatch('resampled')
    await server.database.metricsTable('metrics').upsert([
      { timestamp: NOW - 10 * MINUTE, batch: 'resampled', name: 'm', type: 'metric', value: 1, metadata: '' },
      {
        timestamp: NOW - 5 * MINUTE,
        batch: 'resampled',
        name: 'm',
        type: 'score',
        value: 0.4,
        metadata: '{broken',
      },
      { timestamp: NOW, batch: 'resampled', name: 'm', type: 'metric', value: 2, metadata: '' },
    ])
    expect(await server.json('/api/v1/batches/resampled/series?metric=m')).toMatchObject({
      timestamps: [NOW - 10 * MINUTE, NOW - 5 * MINUTE, NOW],
      values: [1, null, 2],
      scores: [null, 0.4, null],
      expected: [null, null, null],
    })
  })
})
