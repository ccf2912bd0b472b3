import { describe, expect, it } from 'vitest'
import { runFailure } from '../../../src/orchestrator/sensors/run-failure.ts'
import { createFakeClock } from '../../fake-clock.ts'
import { createProject, openApp } from '../../project.ts'
import { BATCH, check, endedRun, hookAt, servicesOf, titles } from './rig.ts'

const START = Date.UTC(2024, 0, 1, 12)
const MINUTE = 60_000
const BATCHES = ['shop', 'it\'s "quoted"', '__proto__', 'a:b/c', '測試 😀']

async function watched(batches: readonly string[] = ['shop']) {
  const files = batches.map(
    (name, index) =>
      [
        `b${index}.yaml`,
        BATCH.replace('metric_batch: shop', `metric_batch: ${JSON.stringify(name)}`),
      ] as const,
  )
  const { app } = await openApp(
    await createProject({ 'anomstack.yaml': hookAt('http://127.0.0.1:9'), ...Object.fromEntries(files) }),
  )
  const clock = createFakeClock(START)
  const services = servicesOf(app, { clock })
  return { app, clock, control: app.control, services, sensor: runFailure(services) }
}

describe('run failure', () => {
  it('is told once until the job and batch succeed again, with its error and log, and then that', async () => {
    const { control, clock, sensor } = await watched()
    const failed = await endedRun(control, { batch: 'shop', at: START - 5_000, failure: 'no such table' })
    await control.runs.saveLogs([
      { runId: failed.id, at: START - 6_000, level: 'info', message: 'reading', fields: {} },
    ])
    await check(sensor)
    for (const at of [START, START + MINUTE])
      await endedRun(control, { batch: 'shop', at, failure: 'no such table' })
    clock.set(START + 2 * MINUTE)
    await check(sensor)
    await check(sensor)
    const [notice, ...others] = await control.notices.list({ limit: 10 })
    expect(others).toEqual([])
    expect(notice).toMatchObject({
      kind: 'run-failed',
      subject: 'ingest:shop',
      since: START - 5_000,
      title: '❌ [shop] ingest failed (2024-01-01 11:59) ❌',
      link: `/runs/${failed.id}`,
      details: { run: failed.id, code: 'QUERY_FAILED' },
    })
    expect(notice?.text).toContain('QUERY_FAILED: no such table')
    expect(notice?.text).toContain('11:59:54 info reading')
    expect(await control.alerts.deliveries({ alertId: notice!.id, limit: 10 })).toMatchObject([
      { channel: 'hook', status: 'pending' },
    ])

    await endedRun(control, { batch: 'shop', at: START + 3 * MINUTE })
    clock.set(START + 4 * MINUTE)
    await check(sensor)
    await check(sensor)
    const [recovery] = await control.notices.list({ limit: 1 })
    expect(recovery).toMatchObject({
      phase: 'resolved',
      title: '✅ [shop] ingest works again (2024-01-01 12:03) ✅',
    })
    expect(recovery?.text).toContain('after 3 failures since 2024-01-01 11:59')
    expect(await titles(control)).toHaveLength(2)

    await endedRun(control, { batch: 'shop', at: START + 5 * MINUTE, failure: 'again' })
    clock.set(START + 6 * MINUTE)
    await check(sensor)
    expect(await titles(control)).toHaveLength(3)
  })

  it('of several kinds within one look are told apart', async () => {
    const { control, clock, sensor } = await watched()
    await check(sensor)
    await endedRun(control, { batch: 'shop', at: START + 1_000, failure: 'one' })
    await endedRun(control, { batch: 'shop', at: START + 2_000 })
    await endedRun(control, { batch: 'shop', at: START + 3_000, failure: 'two' })
    await endedRun(control, { job: 'train', batch: 'shop', at: START + 3_500, failure: 'three' })
    clock.set(START + MINUTE)
    await check(sensor)
    expect(await titles(control)).toEqual([
      '❌ [shop] ingest failed (2024-01-01 12:00) ❌',
      '✅ [shop] ingest works again (2024-01-01 12:00) ✅',
      '❌ [shop] ingest failed (2024-01-01 12:00) ❌',
      '❌ [shop] train failed (2024-01-01 12:00) ❌',
    ])
  })

  it('is not told of a failure that was recorded late, after its batch had succeeded', async () => {
    const { control, clock, sensor } = await watched()
    await endedRun(control, { batch: 'other', at: START, failure: 'moves the cursor' })
    await check(sensor)
    await endedRun(control, { batch: 'shop', at: START - 10_000, failure: 'late' })
    await endedRun(control, { batch: 'shop', at: START - 5_000 })
    clock.set(START + 1_000)
    await check(sensor)
    expect((await titles(control)).filter((title) => title.includes('shop'))).toEqual([])
  })

  it('is told once by two that look at the same time, whatever the batch is called', async () => {
    const { control, clock, services, sensor } = await watched(BATCHES)
    const other = runFailure(services)
    for (const batch of BATCHES) await endedRun(control, { batch, at: START, failure: 'bad' })
    await Promise.all([check(sensor), check(other)])
    expect((await control.notices.list({ limit: 50 })).map(({ subject }) => subject).toSorted()).toEqual(
      BATCHES.map((batch) => `ingest:${batch}`).toSorted(),
    )
    for (const batch of BATCHES) await endedRun(control, { batch, at: START + MINUTE })
    clock.set(START + 2 * MINUTE)
    await Promise.all([check(sensor), check(other)])
    expect(await titles(control)).toHaveLength(2 * BATCHES.length)
    expect(await control.notices.opened('run-failed')).toEqual([])
  })

  it('ends without a word when the batch leaves the project', async () => {
    const { control, sensor } = await watched()
    await endedRun(control, { batch: 'gone', at: START, failure: 'bad' })
    await check(sensor)
    expect(await titles(control)).toHaveLength(1)
    expect(await control.notices.opened('run-failed')).toEqual([])
  })
})
