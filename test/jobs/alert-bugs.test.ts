import { describe, expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, ORIGINAL_MODELS, START, valuesSql } from './series.ts'

describe('bugs of the original', () => {
  it('2: a row whose timestamp cannot be read is left out and named, the others are kept', async () => {
    const sql = `${valuesSql(calm(3))} union all select 'soon', 'm', 5`
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': sql })
    const { run, points } = await openApp(dir)
    const ended = await run('ingest', 'a', justAfter(3))
    expect(ended.status).toBe('succeeded')
    expect(ended.logs).toContain('batch "a", a.sql: metric "m": metric_timestamp "soon" is not a time')
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(3)
  })

  it('3.1 bug 5: points that are not scored yet do not sit in the windows of smoothing and snooze', async () => {
    const more = `alert_threshold: 0.7\ndisable_change: true\n${ORIGINAL_MODELS}`
    const spiked = calm(63).map((value, index) => (index === 60 ? value + 80 : value))
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(calm(60)) })
    const { app, run } = await openApp(dir)
    await run('pipeline', 'a', justAfter(60))
    await writeFiles(dir, { 'a.sql': valuesSql(spiked) })
    await run('ingest', 'a', justAfter(63))
    await run('score', 'a', justAfter(63))
    await writeFiles(dir, { 'a.sql': valuesSql([...spiked, 100, 100, 100]) })
    await run('ingest', 'a', justAfter(66))
    await run('alert', 'a', justAfter(66))
    const [alert] = await app.control.alerts.list({ limit: 10 })
    expect(alert?.timestamp).toBeGreaterThanOrEqual(START + 60 * MINUTE)
    expect(alert?.timestamp).toBeLessThanOrEqual(START + 62 * MINUTE)
  })

  it('3.2: a channel that is not configured is skipped with one warning, and the others get the alert', async () => {
    const more = 'alert_methods: "slack,console,email"\nalert_always: true\ndisable_change: true\n'
    const yaml = batchYaml('a').replace('alert_methods: console\n', more)
    const dir = await createProject({ 'a.yaml': yaml, 'a.sql': valuesSql(calm(60)) })
    const warnings: string[] = []
    const { app, run } = await openApp(dir, (level, message) => {
      if (level === 'warn') warnings.push(message)
    })
    await run('pipeline', 'a', justAfter(60))
    await writeFiles(dir, { 'a.sql': valuesSql(calm(61)) })
    await run('pipeline', 'a', justAfter(61))
    const deliveries = await app.control.alerts.deliveries({ limit: 10 })
    expect(deliveries.map(({ channel }) => channel)).toEqual(['console', 'console'])
    expect(warnings.filter((warning) => warning.includes('"slack"'))).toHaveLength(1)
    expect(warnings.filter((warning) => warning.includes('"email"'))).toHaveLength(1)
  })

  it('3.5: changes of the past are not saved again', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql([...calm(30, 10), 1000]) })
    const { app, run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(31))
    await run('change', 'a', justAfter(31))
    await writeFiles(dir, { 'a.sql': valuesSql([...calm(30, 10), 1000, ...calm(8, 10), 1000]) })
    await run('ingest', 'a', justAfter(40))
    await run('change', 'a', justAfter(40))
    expect((await points('a', 'm', 'change')).timestamps).toHaveLength(2)
    expect(await app.control.alerts.list({ limit: 10 })).toHaveLength(2)
  })

  it('4: every job runs on SQLite, where the original can only ingest', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(40)) })
    const { run } = await openApp(dir)
    for (const job of [
      'ingest',
      'train',
      'score',
      'alert',
      'change',
      'delete',
      'pipeline',
      'backfill',
    ] as const)
      expect([job, (await run(job, 'a', justAfter(40))).status]).toEqual([job, 'succeeded'])
  })
})

describe('backfill', () => {
  it('scores history causally, records would-be alerts, sends nothing, and live goes on from there', async () => {
    const values = calm(200).map((value, index) => (index === 150 ? value + 80 : value))
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(values) })
    const { app, run, points } = await openApp(dir)
    expect((await run('backfill', 'a', justAfter(200))).status).toBe('succeeded')
    const alerts = await app.control.alerts.list({ limit: 100 })
    expect(alerts.every(({ replayed }) => replayed)).toBe(true)
    expect(alerts.some(({ timestamp }) => Math.abs(timestamp - START - 152 * MINUTE) <= 3 * MINUTE)).toBe(
      true,
    )
    expect(await app.control.alerts.deliveries({ limit: 10 })).toEqual([])
    const scores = await points('a', 'm', 'score')
    expect(scores.timestamps.length).toBeGreaterThan(170)

    await run('backfill', 'a', justAfter(200))
    expect(await points('a', 'm', 'alert')).toHaveProperty('timestamps.length', alerts.length)
    await run('pipeline', 'a', justAfter(200))
    expect((await app.control.alerts.list({ kind: 'anomaly', limit: 100 })).length).toBe(alerts.length)
    expect((await points('a', 'm', 'score')).values).toEqual(scores.values)
  })
})
