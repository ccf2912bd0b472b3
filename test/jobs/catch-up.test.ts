import { describe, expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, ORIGINAL_MODELS, START, valuesSql } from './series.ts'

// Whose alerts may be close to each other.
const QUIET = `disable_change: true\n${ORIGINAL_MODELS}`
const spiked = (count: number, ...at: readonly number[]) =>
  calm(count).map((value, index) => (at.includes(index) ? value + 60 : value))

async function openBatch(more = QUIET) {
  const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(calm(200)) })
  const opened = await openApp(dir)
  return {
    ...opened,
    source: (values: readonly number[]) => writeFiles(dir, { 'a.sql': valuesSql(values) }),
    configure: (settings: string) => writeFiles(dir, { 'a.yaml': batchYaml('a', settings) }),
    reopen: () => openApp(dir),
    async anomalies() {
      const alerts = await opened.app.control.alerts.list({ kind: 'anomaly', limit: 50 })
      return alerts.map(({ timestamp }) => (timestamp - START) / MINUTE).reverse()
    },
  }
}

function expectNear(found: readonly number[], ...spikes: readonly number[]) {
  expect(found).toHaveLength(spikes.length)
  found.forEach((at, index) => {
    expect(at).toBeGreaterThanOrEqual(spikes[index]!)
    expect(at).toBeLessThanOrEqual(spikes[index]! + 8)
  })
}

describe('after a downtime', () => {
  it('every point that came meanwhile is scored, and spikes far outside of the usual window alert', async () => {
    const { run, points, source, anomalies } = await openBatch()
    await run('pipeline', 'a', justAfter(200))
    const before = (await points('a', 'm', 'score')).timestamps.length
    await source(spiked(1500, 210, 700, 1400))
    expect((await run('pipeline', 'a', justAfter(1500))).status).toBe('succeeded')
    expect((await points('a', 'm', 'score')).timestamps).toHaveLength(before + 1300)
    expectNear(await anomalies(), 210, 700, 1400)
    await run('pipeline', 'a', justAfter(1500))
    expect(await anomalies()).toHaveLength(3)
  })

  it('the alert job alone looks at everything that was scored since it last looked', async () => {
    const { run, source, anomalies } = await openBatch()
    await run('pipeline', 'a', justAfter(200))
    await source(spiked(900, 230, 500))
    for (const count of [300, 450, 600, 750, 900]) {
      await run('ingest', 'a', justAfter(count))
      await run('score', 'a', justAfter(count))
    }
    await run('alert', 'a', justAfter(900))
    expectNear(await anomalies(), 230, 500)
  })

  it('metrics that did not fall behind are read no further back than usual', async () => {
    const { run, source } = await openBatch()
    await run('pipeline', 'a', justAfter(200))
    await source(calm(210))
    const { steps } = await run('pipeline', 'a', justAfter(210))
    const searches = steps.filter(({ name }) => name === 'score/find unscored')
    expect(searches.map(({ result }) => result)).toEqual([{ metrics: 1, points: 10 }])
  })

  it('a metric without any score in the time that scoring looks at starts with its newest points', async () => {
    const { run, points } = await openBatch()
    await run('pipeline', 'a', justAfter(200))
    expect((await points('a', 'm', 'score')).timestamps).toHaveLength(25)
  })
})

describe('what was scored before anybody looked', () => {
  it('is history at the first scoring, and news from then on', async () => {
    const { run, source, anomalies } = await openBatch()
    for (const job of ['ingest', 'train'] as const) await run(job, 'a', justAfter(185))
    await source(spiked(200, 190))
    for (const job of ['ingest', 'score'] as const) await run(job, 'a', justAfter(200))
    await source(spiked(230, 190, 206))
    for (const job of ['ingest', 'score', 'alert'] as const) await run(job, 'a', justAfter(230))
    expectNear(await anomalies(), 206)
  })

  it('while alerts were switched off does not alert when they are switched on', async () => {
    const { run, source, configure, reopen, anomalies } = await openBatch(`${QUIET}disable_alert: true\n`)
    await run('pipeline', 'a', justAfter(200))
    await source(spiked(240, 210))
    await run('pipeline', 'a', justAfter(240))
    await configure(QUIET)
    await source(spiked(300, 210, 270))
    const { run: runAgain } = await reopen()
    await runAgain('pipeline', 'a', justAfter(300))
    expectNear(await anomalies(), 270)
  })

  it('is looked at although the clock was set back', async () => {
    const { run, source, anomalies } = await openBatch()
    await run('pipeline', 'a', justAfter(260))
    await source(spiked(240, 220))
    await run('pipeline', 'a', justAfter(240))
    expectNear(await anomalies(), 220)
  })
})
