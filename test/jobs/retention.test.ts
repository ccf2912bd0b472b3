import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, DAY, justAfter, START, valuesSql } from './series.ts'

const NOW = START + 1000 * DAY
const SETTINGS = 'server: {retention_days: 10, retention_runs: 4}\n'

async function openProject() {
  const dir = await createProject({
    'anomstack.yaml': SETTINGS,
    'a.yaml': batchYaml('a'),
    'a.sql': valuesSql(calm(60)),
    'b/b.yaml': batchYaml('b').replace('./b.sql', './a.sql'),
  })
  const opened = await openApp(dir)
  return {
    dir,
    ...opened,
    retain: (app: typeof opened.app, at: number) =>
      app.orchestrator.runNow({ job: 'retention', trigger: 'schedule', params: { at } }),
  }
}

const stepsOf = async (app: Awaited<ReturnType<typeof openApp>>['app'], id: string) =>
  Object.fromEntries((await app.control.runs.steps(id)).map(({ name, result }) => [name, result]))

it('deletes runs that are old, and those beyond the newest so many, ticks, and old deliveries; alerts stay', async () => {
  const { app, retain } = await openProject()
  const { runs, schedules, alerts } = app.control
  const request = { job: 'ingest', batch: 'a', trigger: 'manual' } as const
  const finish = async (at: number) => {
    const { run } = await runs.enqueue(request, { now: at })
    await runs.claimById(run.id, { executor: 'x', now: at })
    await runs.finish(run.id, { attempt: 1, executor: 'x', status: 'succeeded', now: at })
  }
  for (const days of [30, 20, 11, 9, 8, 7, 6, 5, 4]) await finish(NOW - days * DAY)
  await schedules.recordTicks(
    [30, 20, 1].map((days) => ({ schedule: 's', at: NOW - days * DAY, outcome: 'fired' })),
  )
  const finding = {
    batch: 'a',
    metric: 'm',
    kind: 'change',
    timestamp: 1,
    value: 1,
    reason: '',
    details: {},
  } as const
  for (const [timestamp, raised] of [
    [1, NOW - 400 * DAY],
    [2, NOW - 300 * DAY],
  ] as const)
    await alerts.raise([{ ...finding, timestamp }], { now: raised, channels: ['console', 'other'] })
  for (const { id, channel } of await alerts.deliveries({ limit: 10 }))
    if (channel === 'console') await alerts.settle(id, { status: 'delivered', now: NOW })

  const { id, status } = await retain(app, NOW)
  expect(status).toBe('succeeded')
  const steps = await stepsOf(app, id)
  // The run of retention itself is one of the newest four.
  expect(steps).toMatchObject({ 'runs by age': 3, 'runs by count': 3, ticks: 2, deliveries: 1 })
  expect(await runs.list({ job: 'ingest', limit: 100 })).toHaveLength(3)
  expect(await alerts.list({ limit: 10 })).toHaveLength(2)
  expect((await alerts.deliveries({ limit: 10 })).map(({ status: each }) => each).sort()).toEqual([
    'delivered',
    'pending',
    'pending',
  ])
  await retain(app, NOW)
})

it('deletes the models of a batch that left the project long ago, not before, and not those of a batch with a fault or of others', async () => {
  const { dir, app, run, retain } = await openProject()
  for (const batch of ['a', 'b'])
    for (const job of ['ingest', 'train'] as const) await run(job, batch, justAfter(60))
  await app.models(app.project.batches.get('a')!).publish('foreign', {
    spec: (await app.models(app.project.batches.get('a')!).latest('a'))!.spec,
    created: START,
    results: [],
  })
  await retain(app, NOW)
  await rm(path.join(dir, 'b'), { recursive: true })
  await writeFiles(dir, { 'a.yaml': `${batchYaml('a')}nonsense: 1\n` })

  const left = await openApp(dir)
  const models = () => readdir(path.join(dir, 'models'))
  await retain(left.app, NOW + 9 * DAY)
  expect(await models()).toEqual(expect.arrayContaining(['a', 'b', 'foreign']))
  const { id } = await retain(left.app, NOW + 11 * DAY)
  expect((await stepsOf(left.app, id))['models of batches that left']).toBe(2)
  expect((await left.app.control.notes.list('models-of:')).size).toBe(1)
  const again = await retain(left.app, NOW + 12 * DAY)
  expect((await stepsOf(left.app, again.id))['models of batches that left']).toBe(0)
  expect(await models()).toEqual(expect.arrayContaining(['a', 'foreign']))
})
