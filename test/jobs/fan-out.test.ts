import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { METRIC_TYPES } from '../../src/core/metric-row.ts'
import { createModelStore } from '../../src/models/model-store.ts'
import { shardOf } from '../../src/models/shard.ts'
import { openStorage } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START } from './series.ts'

const NAMES = [
  'a/b',
  "o'neil",
  '../../etc/passwd',
  '__proto__',
  '%',
  'ü 🔥',
  ...Array.from({ length: 6 }, (_, i) => `metric_${i}`),
]

/** Values of all metrics, with a spike in some. */
function manySql(count: number, names: readonly string[] = NAMES): string {
  const rows = names.flatMap((name, at) =>
    calm(count, 100 + at * 10).map((value, index) => {
      const spiked = (at % 4 === 0 && index === 110) || (at % 5 === 0 && index === 118) ? value + 60 : value
      return `(${START + index * MINUTE}, '${name.replaceAll("'", "''")}', ${spiked})`
    }),
  )
  return `select * from (with v(t, n, x) as (values ${rows.join(', ')}) select t as metric_timestamp, n as metric_name, x as metric_value from v) as s`
}

const files = (fanOutN: number) => ({
  'a.yaml': batchYaml('a', `fan_out_n: ${fanOutN}\nrun_retries: 0\n`),
  'a.sql': manySql(100),
})

async function everything(opened: Awaited<ReturnType<typeof openApp>>) {
  const { app } = opened
  const batch = app.project.batches.get('a')!
  const table = app.database(batch).metricsTable(batch.settings.table_key)
  const history = await table.history({ batch: 'a', types: METRIC_TYPES, metadataOf: METRIC_TYPES })
  const rows = [...history].flatMap(([metric, types]) =>
    [...types].flatMap(([type, { timestamps, values, metadata }]) =>
      Array.from(timestamps, (at, i) => [metric, type, at, values[i], metadata?.[i]]),
    ),
  )
  const alerts = await app.control.alerts.list({ limit: 1000 })
  return {
    rows,
    alerts: alerts
      .map(({ metric, kind, timestamp, value, score, reason, details }) =>
        JSON.stringify({ metric, kind, timestamp, value, score, reason, details }),
      )
      .sort(),
  }
}

async function watch(opened: Awaited<ReturnType<typeof openApp>>, dir: string) {
  for (const count of [100, 112, 120]) {
    await writeFiles(dir, { 'a.sql': manySql(count) })
    const ended = await opened.run('pipeline', 'a', justAfter(count))
    expect([ended.status, ended.error?.message]).toEqual(['succeeded', undefined])
  }
}

describe('a batch in parts', () => {
  it('gives the same rows and alerts, to the last digit, as one that is not divided', async () => {
    const [parted, whole] = await Promise.all([createProject(files(3)), createProject(files(1000))])
    const [inParts, inOne] = [await openApp(parted), await openApp(whole)]
    await watch(inParts, parted)
    await watch(inOne, whole)
    const [found, expected] = [await everything(inParts), await everything(inOne)]
    expect(expected.alerts.length).toBeGreaterThan(5)
    expect(found.alerts).toEqual(expected.alerts)
    expect(found.rows).toEqual(expected.rows)
    const children = await inParts.app.control.runs.list({ batch: 'a', job: 'score', limit: 1000 })
    expect(children.length).toBeGreaterThanOrEqual(12)
    expect(children.every(({ trigger, parent }) => trigger === 'fan-out' && parent !== undefined)).toBe(true)
    expect(await inOne.app.control.runs.list({ job: 'score', limit: 10 })).toEqual([])
  })

  it('loads in each part the metrics of that part only', async () => {
    const dir = await createProject(files(3))
    const { app, run } = await openApp(dir)
    await run('ingest', 'a', justAfter(100))
    const { id, steps } = await run('train', 'a', justAfter(100))
    expect(steps.find(({ name }) => name === 'fan out')?.result).toEqual({ parts: 4, failed: 0 })
    const children = await app.control.runs.list({ parent: id, limit: 100 })
    let metrics = 0
    for (const child of children) {
      const loaded = (await app.control.runs.steps(child.id)).find(({ name }) => name === 'load history')
      const of = NAMES.filter((name) => `${shardOf(name, 4)}/4` === child.shard).length
      expect(loaded?.result).toEqual({ metrics: of })
      metrics += of
    }
    expect(metrics).toBe(NAMES.length)
    const bundle = await app.models(app.project.batches.get('a')!).latest('a')
    expect(bundle?.metrics).toBe(NAMES.length)
    expect([...(await bundle!.entries()).keys()].sort()).toEqual([...NAMES].sort())
  })

  it('publishes what the others made when one part fails, names it, and keeps the models that its metrics had', async () => {
    const dir = await createProject(files(3))
    const first = await openApp(dir)
    await first.run('ingest', 'a', justAfter(100))
    await first.run('train', 'a', justAfter(100))
    const before = await (await first.app.models(first.app.project.batches.get('a')!).latest('a'))!.entries()
    await first.app.close(0)

    const failing = (storage: Storage): Storage => ({
      ...storage,
      put: (key, bytes, condition) =>
        key.endsWith('/3-4.bundle') && ++written === 1
          ? Promise.reject(new Error('the disk is on fire'))
          : storage.put(key, bytes, condition),
    })
    let written = 0
    const app = await createApp(dir, { logger: () => silentLogger, around: { storage: failing } })
    const params = { at: justAfter(101) }
    await writeFiles(dir, { 'a.sql': manySql(101) })
    await app.orchestrator.runNow({ job: 'ingest', batch: 'a', trigger: 'manual', params })
    const controlled = await app.orchestrator.runNow({ job: 'train', batch: 'a', trigger: 'manual', params })
    expect(controlled.status).toBe('failed')
    expect(controlled.error?.message).toMatch(/train of part 3\/4 failed \(run .*\): .*the disk is on fire/)
    const steps = await app.control.runs.steps(controlled.id)
    expect(steps.map(({ name }) => name)).toEqual(['fan out', 'keep models', 'publish'])
    const after = await (await app.models(app.project.batches.get('a')!).latest('a'))!.entries()
    expect(after.size).toBe(before.size)
    await app.close(0)
  })

  it('goes on with scoring and alerting when scoring one part fails', async () => {
    const dir = await createProject(files(3))
    const { app, run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(100))
    await run('train', 'a', justAfter(100))
    const storage = openStorage('local://./models', { projectDir: dir })
    for await (const { key } of storage.list('a/parts/'))
      if (key.endsWith('/2-4.bundle')) await storage.delete(key)
    const { status, error } = await run('pipeline', 'a', justAfter(100))
    expect(status).toBe('failed')
    expect(error?.message).toContain('score of part 2/4 failed')
    for (const name of NAMES) {
      const { length } = (await points('a', name, 'score')).timestamps
      if (shardOf(name, 4) === 2) expect(length).toBe(0)
      else expect(length).toBeGreaterThan(0)
    }
    expect(
      (await app.control.runs.list({ job: 'score', status: 'failed', limit: 10 })).map(({ shard }) => shard),
    ).toEqual(['2/4'])
  })

  it('is scored by a division other than the one it was trained in, and divided again when it shrinks', async () => {
    const dir = await createProject(files(3))
    const first = await openApp(dir)
    await first.run('ingest', 'a', justAfter(100))
    await first.run('train', 'a', justAfter(100))
    for (const fanOutN of [5, 1000]) {
      await writeFiles(dir, { 'a.yaml': batchYaml('a', `fan_out_n: ${fanOutN}\n`) })
      const { run } = await openApp(dir)
      expect((await run('score', 'a', justAfter(100))).status).toBe('succeeded')
    }
    const { points, run } = await openApp(dir)
    for (const name of NAMES) expect((await points('a', name, 'score')).timestamps).toHaveLength(25)
    expect((await run('train', 'a', justAfter(100))).status).toBe('succeeded')
    expect((await readdir(path.join(dir, 'models', 'a', 'versions'))).length).toBe(2)
    const store = createModelStore(openStorage('local://./models', { projectDir: dir }))
    expect((await store.latest('a'))?.metrics).toBe(NAMES.length)
  })

  it('is not divided where SQL of its own reads it', async () => {
    const own = 'fan_out_n: 3\ntrain_sql: select metric_timestamp, metric_name, metric_value from metrics\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', own), 'a.sql': manySql(100) })
    const { run } = await openApp(dir)
    await run('ingest', 'a', justAfter(100))
    const { status, steps } = await run('train', 'a', justAfter(100))
    expect(status).toBe('succeeded')
    expect(steps.map(({ name }) => name)).not.toContain('fan out')
  })

  it('says so when a run is asked for a part that is none', async () => {
    const dir = await createProject(files(1000))
    const { app } = await openApp(dir)
    for (const params of [
      { shard: 0, of: 3, group: 'g' },
      { shard: 4, of: 3, group: 'g' },
      { shard: 1 },
      { of: 2, shard: 1.5, group: 'g' },
    ]) {
      const { error } = await app.orchestrator.runNow({ job: 'train', batch: 'a', trigger: 'manual', params })
      expect(error?.message).toContain('do not name a part of a batch')
    }
  })
})
