import { afterEach, describe, expect, it } from 'vitest'
import { heartbeat } from '../../../src/orchestrator/sensors/heartbeat.ts'
import { overdue } from '../../../src/orchestrator/sensors/overdue.ts'
import { overdueDeliveries } from '../../../src/orchestrator/sensors/overdue-deliveries.ts'
import { stuckRuns } from '../../../src/orchestrator/sensors/stuck-runs.ts'
import { type HttpReceiver, startHttpReceiver } from '../../channels/http-receiver.ts'
import { createFakeClock } from '../../fake-clock.ts'
import { createProject, openApp } from '../../project.ts'
import { check, endedRun, hookAt, servicesOf, titles } from './rig.ts'

const START = Date.UTC(2024, 0, 1, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let receiver: HttpReceiver | undefined
afterEach(async () => receiver?.stop())

const SHOP = `metric_batch: shop
db: sqlite
alert_methods: hook
ingest_cron_schedule: "*/10 * * * *"
ingest_default_schedule_status: RUNNING
overdue_after_n: 3
disable_train: true
ingest_sql: select 1
`

async function watched(files: Readonly<Record<string, string>> = { 'shop.yaml': SHOP }) {
  const dir = await createProject({ 'anomstack.yaml': hookAt('http://127.0.0.1:9'), ...files })
  const { app } = await openApp(dir)
  const clock = createFakeClock(START)
  return { app, clock, control: app.control, services: servicesOf(app, { clock }) }
}

describe('stuck runs', () => {
  it('are told of once when they run for too long, and nothing is stopped', async () => {
    const { control, clock, services } = await watched()
    const { run } = await control.runs.enqueue(
      { job: 'ingest', batch: 'shop', trigger: 'manual' },
      { now: START },
    )
    await control.runs.claimById(run.id, { executor: 'e', now: START })
    const sensor = stuckRuns(services)
    clock.set(START + 15 * MINUTE)
    await check(sensor)
    expect(await titles(control)).toEqual([])
    clock.set(START + 16 * MINUTE)
    await Promise.all([check(sensor), check(stuckRuns(services))])
    await check(sensor)
    expect(await titles(control)).toEqual(['🐌 [shop] ingest has been running for 16m (2024-01-01 12:00) 🐌'])
    expect((await control.runs.get(run.id))?.status).toBe('running')
    await control.runs.finish(run.id, {
      attempt: 1,
      executor: 'e',
      status: 'succeeded',
      now: START + 17 * MINUTE,
    })
    await check(sensor)
    expect(await control.notices.opened('run-stuck')).toEqual([])
    expect(await titles(control)).toHaveLength(1)
  })

  it('of a queue that does not move are one notice, as long as executors are alive', async () => {
    const { control, clock, services } = await watched()
    for (const batch of ['a', 'b', 'c'])
      await control.runs.enqueue({ job: 'ingest', batch, trigger: 'manual' }, { now: START })
    await control.runs.enqueue(
      { job: 'train', batch: 'later', trigger: 'manual' },
      { now: START, notBefore: START + 2 * HOUR },
    )
    const sensor = stuckRuns(services)
    clock.set(START + HOUR)
    await check(sensor)
    expect(await titles(control)).toEqual([])
    await control.runs.heartbeat({ id: 'e', host: 'h', pid: 1 }, Date.now())
    await check(sensor)
    await check(sensor)
    expect(await titles(control)).toEqual([
      '🐌 queue [ingest] does not move: 3 waiting (2024-01-01 13:00) 🐌',
    ])
    for (const { id } of await control.runs.list({ job: 'ingest', limit: 5 })) {
      await control.runs.claimById(id, { executor: 'e', now: START + HOUR })
      await control.runs.finish(id, { attempt: 1, executor: 'e', status: 'succeeded', now: START + HOUR })
    }
    await check(sensor)
    expect((await titles(control)).at(-1)).toBe('✅ queue [ingest] moves again (2024-01-01 13:00) ✅')
  })
})

describe('overdue', () => {
  it('is a batch whose schedule came too often without a success, until it succeeds', async () => {
    const { control, clock, services } = await watched()
    const sensor = overdue(services)
    await endedRun(control, { batch: 'shop', at: START - 5 * MINUTE })
    await check(sensor)
    // 12:00, 12:10 and 12:20 may pass.
    clock.set(START + 20 * MINUTE)
    await check(sensor)
    expect(await titles(control)).toEqual([])
    await endedRun(control, { batch: 'shop', at: START + 21 * MINUTE, failure: 'bad' })
    clock.set(START + 22 * MINUTE)
    await Promise.all([check(sensor), check(sensor)])
    expect(await titles(control)).toEqual(['⌛ [shop] ingest is overdue (2024-01-01 12:22) ⌛'])
    expect((await control.notices.list({ limit: 1 }))[0]).toMatchObject({
      subject: 'ingest:shop',
      since: START - 5 * MINUTE,
    })
    await endedRun(control, { batch: 'shop', at: START + 25 * MINUTE })
    clock.set(START + 26 * MINUTE)
    await check(sensor)
    await check(sensor)
    expect(await titles(control)).toHaveLength(2)
    expect((await titles(control)).at(-1)).toBe('✅ [shop] ingest works again (2024-01-01 12:26) ✅')
  })

  it('is not what is paused, nor what was missed in a downtime before it can be caught up with', async () => {
    const { control, clock, services } = await watched()
    await endedRun(control, { batch: 'shop', at: START - 20 * HOUR })
    const sensor = overdue(services)
    await check(sensor)
    clock.set(START + MINUTE)
    await check(sensor)
    await control.schedules.setState('ingest:shop', 'paused', START)
    clock.set(START + HOUR)
    await check(sensor)
    await control.schedules.setState('ingest:shop', undefined, START + HOUR)
    await check(sensor)
    clock.set(START + HOUR + 15 * MINUTE)
    await check(sensor)
    expect(await titles(control)).toEqual([])
    clock.set(START + 2 * HOUR)
    await check(sensor)
    expect(await titles(control)).toHaveLength(1)
    await control.schedules.setState('ingest:shop', 'paused', START)
    await check(sensor)
    expect(await control.notices.opened('overdue')).toEqual([])
    expect(await titles(control)).toHaveLength(1)
  })

  it('is a channel that has not delivered, once for all batches, until it delivers', async () => {
    const { control, clock, services } = await watched({
      'a.yaml': SHOP.replace('metric_batch: shop', 'metric_batch: "it\'s a"'),
      'b.yaml': SHOP.replace('metric_batch: shop', 'metric_batch: b'),
    })
    const sensor = overdueDeliveries(services)
    for (const batch of ["it's a", 'b'])
      await control.alerts.raise(
        [{ batch, metric: 'm', kind: 'anomaly', timestamp: START, value: 1, reason: 'odd', details: {} }],
        { now: START, channels: ['hook'] },
      )
    clock.set(START + 25 * MINUTE)
    await check(sensor)
    expect(await titles(control)).toEqual([])
    clock.set(START + 31 * MINUTE)
    await Promise.all([check(sensor), check(sensor)])
    expect(await titles(control)).toEqual(['⌛ channel [hook] does not deliver (2024-01-01 12:31) ⌛'])
    expect((await control.notices.list({ limit: 1 }))[0]?.text).toContain("b, it's a")
    for (const { id } of await control.alerts.deliveries({ limit: 10 }))
      await control.alerts.settle(id, { status: 'delivered', now: START + 32 * MINUTE })
    await check(sensor)
    expect((await titles(control)).at(-1)).toBe('✅ channel [hook] delivers again (2024-01-01 12:31) ✅')
  })
})

describe('heartbeat', () => {
  it('calls the address, and its failures name no secret', async () => {
    let status = 200
    receiver = await startHttpReceiver((_, response) => response.writeHead(status).end('fine'))
    const dir = await createProject({
      'anomstack.yaml': `server: {heartbeat_url: "${receiver.url}/ping/s3cret"}\n`,
    })
    const { app } = await openApp(dir)
    const sensor = heartbeat(servicesOf(app))
    await check(sensor)
    expect(receiver.calls.map(({ method, path }) => [method, path])).toEqual([['GET', '/ping/s3cret']])
    status = 500
    await expect(check(sensor)).rejects.toThrow('the heartbeat address answered with HTTP 500')
    await receiver.stop()
    await expect(check(sensor)).rejects.toThrow(/^the heartbeat address cannot be reached$/)
  })

  it('is silent when the control database does not answer', async () => {
    receiver = await startHttpReceiver((_, response) => response.end())
    const dir = await createProject({ 'anomstack.yaml': `server: {heartbeat_url: "${receiver.url}/"}\n` })
    const { app } = await openApp(dir)
    const sensor = heartbeat(servicesOf(app))
    await app.close(0)
    await expect(check(sensor)).rejects.toMatchObject({ code: 'CONTROL_FAILED' })
    expect(receiver.calls).toEqual([])
  })
})
