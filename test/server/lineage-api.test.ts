import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import type { JobName } from '../../src/runs/run.ts'
import type { PageBody } from '../../src/server/rest/bodies.ts'
import type { LineageSummary } from '../../src/server/rest/lineage.ts'
import type { Lineage } from '../../src/server/views/lineage-nodes.ts'
import { DAY, MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

const EVERY_TEN = {
  pipeline_cron_schedule: '*/10 * * * *',
  train_cron_schedule: '0 0 * * *',
  alert_methods: 'slack, console',
} as const

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  await server.database.metricsTable('metrics').ensure()
})
afterEach(() => server.close())

const lineage = (batch: string) => server.json<Lineage>(`/api/v1/lineage?batch=${encodeURIComponent(batch)}`)
const states = ({ source, metrics, model, scores, alerts }: Lineage | LineageSummary) =>
  [source, metrics, model, scores, alerts].map(({ state }) => state)

async function ran(batch: string, job: JobName, startedAt: number): Promise<string> {
  const { runs } = server.control
  const { run } = await runs.enqueue({ job, batch, trigger: 'manual' }, { now: startedAt })
  await runs.claimById(run.id, { executor: 'me', now: startedAt })
  await runs.finish(run.id, { attempt: 1, executor: 'me', status: 'succeeded', now: startedAt + 1_000 })
  return run.id
}

const trainedAt = (batch: string, created: number) =>
  server.models.publish(batch, {
    spec: { detectors: [], combination: 'average', preprocessing: {} } as never,
    created,
    results: [],
  })

async function values(batch: string, { end = NOW, scores = [0.1, 0.1, null] as (number | null)[] } = {}) {
  await server.database
    .metricsTable('metrics')
    .upsert(seriesRows({ batch, metric: 'm', values: [1, 2, 3], scores, end }))
}

describe('/lineage?batch=', () => {
  it('leads from the source to the channels, each with when it last came about', async () => {
    server.addBatch('a/b', EVERY_TEN)
    await values('a/b')
    const run = await ran('a/b', 'pipeline', NOW - 5 * MINUTE)
    const version = await trainedAt('a/b', NOW - 5 * MINUTE + 500)
    const [alert] = await server.control.alerts.raise(
      [{ batch: 'a/b', metric: 'm', kind: 'anomaly', timestamp: NOW, value: 3, reason: 'r', details: {} }],
      { now: NOW, channels: ['slack', 'console', 'pager'] },
    )
    const deliveries = await server.control.alerts.deliveries({ alertId: alert!.id, limit: 9 })
    const idOf = (channel: string) => deliveries.find((delivery) => delivery.channel === channel)!.id
    await server.control.alerts.settle(idOf('slack'), { status: 'delivered', now: NOW - 1 })
    await server.control.alerts.settle(idOf('pager'), { status: 'dead', problem: 'gone' })
    const last = { at: NOW - 5 * MINUTE + 1_000, run }
    expect(await lineage('a/b')).toEqual({
      batch: 'a/b',
      source: { state: 'fresh', last, sources: [] },
      metrics: {
        state: 'fresh',
        last,
        count: 1,
        late: 0,
        newest: NOW,
        metrics: [{ name: 'm', newest: NOW, newestScore: NOW - MINUTE, state: 'fresh' }],
      },
      model: {
        state: 'fresh',
        last: { at: NOW - 5 * MINUTE + 500, run },
        ageMs: 5 * MINUTE - 500,
        version,
        metrics: 0,
      },
      scores: { state: 'fresh', last, newest: NOW - MINUTE, behindMs: MINUTE, unscored: 0 },
      alerts: { state: 'fresh', last, newest: expect.objectContaining({ id: alert!.id, timestamp: NOW }) },
      channels: [
        { name: 'slack', configured: false, state: 'off', last: { at: NOW - 1 }, pending: 0, dead: 0 },
        { name: 'console', configured: false, state: 'off', pending: 1, dead: 0 },
        { name: 'pager', configured: false, state: 'late', pending: 0, dead: 1 },
      ],
    })
  })

  it('knows what has never come about, what is late, and what no schedule brings about', async () => {
    server.addBatch('idle')
    server.addBatch('new', EVERY_TEN)
    server.addBatch('behind', EVERY_TEN)
    server.addBatch('paused', EVERY_TEN)
    server.addBatch('untrained', { ...EVERY_TEN, disable_train: true, disable_alert: true })
    await server.control.schedules.setState('pipeline:paused', 'paused', NOW)
    for (const batch of ['behind', 'paused', 'untrained']) {
      await values(batch, { end: NOW - 2 * DAY, scores: [0.1, 0.1, 0.1] })
      await ran(batch, 'pipeline', NOW - 2 * DAY)
      await trainedAt(batch, NOW - 2 * DAY)
    }
    expect(states(await lineage('idle'))).toEqual(['off', 'off', 'off', 'off', 'off'])
    expect(states(await lineage('new'))).toEqual(['never', 'never', 'never', 'never', 'never'])
    expect(states(await lineage('behind'))).toEqual(['late', 'late', 'late', 'late', 'late'])
    expect(states(await lineage('paused'))).toEqual(['off', 'off', 'off', 'off', 'off'])
    expect(states(await lineage('untrained'))).toEqual(['late', 'late', 'off', 'late', 'off'])
  })

  it('takes each job by its own schedule where there is no pipeline, and a schedule that was resumed as running', async () => {
    server.addBatch('single', {
      ingest_cron_schedule: '0 * * * *',
      score_cron_schedule: '*/5 * * * *',
      ingest_default_schedule_status: 'RUNNING',
      score_default_schedule_status: 'STOPPED',
      train_cron_schedule: 'nonsense',
      train_default_schedule_status: 'RUNNING',
    })
    await server.control.schedules.setState('score:single', 'running', NOW)
    await ran('single', 'ingest', NOW - 50 * MINUTE)
    await ran('single', 'score', NOW - 50 * MINUTE)
    await values('single', { end: NOW - 55 * MINUTE })
    await trainedAt('single', NOW)
    // A metric is late after two of its steps and one period of the schedule that brings it: 62 minutes.
    expect(states(await lineage('single'))).toEqual(['fresh', 'fresh', 'off', 'late', 'off'])
    server.advance(8 * MINUTE)
    expect(states(await lineage('single'))[1]).toBe('late')
  })

  it('says of a node alone that it cannot be read', async () => {
    server.setSecrets(['hunter22'])
    server.addBatch('broken', EVERY_TEN)
    await ran('broken', 'pipeline', NOW - MINUTE)
    server.breakDatabase('broken', new AnomstackError('CONNECTION_FAILED', 'no login with hunter22'))
    const found = await lineage('broken')
    expect(found.metrics).toMatchObject({ state: 'late', problem: expect.stringContaining('***') })
    expect(states(found)).toEqual(['fresh', 'late', 'never', 'late', 'fresh'])
  })

  it('is 404 for a batch that is not there', async () => {
    expect((await server.get('/api/v1/lineage?batch=nobody')).status).toBe(404)
    expect((await server.get('/api/v1/lineage?owner=me')).status).toBe(400)
  })
})

describe('/lineage', () => {
  it('tells of all batches in brief, from one query of the table for each', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `b${String(index).padStart(3, '0')}`)
    for (const name of names) server.addBatch(name, EVERY_TEN)
    await values('b007')
    await ran('b007', 'pipeline', NOW - MINUTE)
    const { items } = await server.json<PageBody<LineageSummary>>('/api/v1/lineage')
    expect(items.map(({ batch }) => batch)).toEqual(names)
    expect(states(items[7]!)).toEqual(['fresh', 'fresh', 'never', 'fresh', 'fresh'])
    expect(states(items[8]!)).toEqual(['never', 'never', 'never', 'never', 'never'])
    expect(items[7]!.metrics).not.toHaveProperty('metrics')
    expect(items[7]!.source).not.toHaveProperty('sources')
  })
})
