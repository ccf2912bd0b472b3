import { describe, expect, it } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { decodeModel } from '../../src/models/codec.ts'
import { openStorage } from '../../src/storages/index.ts'
import { type Fault, faulty } from '../faults/faulty.ts'
import { createProject, openApp, type ProjectApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from './series.ts'

/** Trained once a year: what changes in between is learned. */
const SETTINGS = [
  'update: online',
  'model_configs:',
  '  - {model_name: OnlineRobustZ, model_params: {window_size: 40}}',
  '  - {model_name: RobustRandomCutForest, model_params: {num_trees: 3, tree_size: 16}}',
  'preprocess_params: {diff_n: 0, smooth_n: 2, lags_n: 0}',
  "train_cron_schedule: '0 0 1 1 *'",
  'disable_change: true',
  'run_retries: 0',
  '',
].join('\n')
const TRAINED = 60

/** Values that drift, so that a model which has not learned judges them differently. */
const drifting = (count: number) => calm(count).map((value, index) => value + index / 10)

async function openBatch(more = '') {
  const dir = await createProject({
    'a.yaml': batchYaml('a', SETTINGS + more),
    'a.sql': valuesSql(drifting(TRAINED)),
  })
  const opened = await openApp(dir)
  expect(opened.app.project.faults).toEqual([])
  const come = async (count: number, values = drifting(count)) => {
    await writeFiles(dir, { 'a.sql': valuesSql(values) })
    return opened.run('pipeline', 'a', justAfter(count))
  }
  expect((await opened.run('pipeline', 'a', justAfter(TRAINED))).status).toBe('succeeded')
  return { ...opened, dir, come, traces: () => tracesOf(opened, 'a') }
}

async function modelOf(app: App, batch: string, metric = 'm') {
  const bundle = await app.models(app.project.batches.get(batch)!).latest(batch)
  const bytes = (await bundle?.read([metric]))?.get(metric)
  if (!(bytes instanceof Uint8Array)) throw new Error(`no model: ${bytes?.message}`)
  return { bytes: Buffer.from(bytes), entry: (await bundle!.entries([metric])).get(metric)! }
}

/** The scores, and what the model has learned. */
async function tracesOf({ app, points }: Pick<ProjectApp, 'app' | 'points'>, batch: string) {
  const { timestamps, values } = await points(batch, 'm', 'score')
  const { bytes, entry } = await modelOf(app, batch)
  const { to, count } = entry
  return { scores: Array.from(timestamps, (at, i) => [at, values[i]]), bytes, to, count }
}

const timeOf = (point: number) => START + point * MINUTE

describe('models that learn point by point', () => {
  it('give the scores and the state of one run, however the points are spread over runs', async () => {
    const [often, once] = [await openBatch(), await openBatch()]
    for (const count of [61, 63, 64, 90, 130]) expect((await often.come(count)).status).toBe('succeeded')
    const { steps } = await once.come(130)
    expect(steps.find(({ name }) => name === 'score/keep learned')?.result).toEqual({ models: 1 })
    const found = await often.traces()
    expect(found).toEqual(await once.traces())
    expect(found).toMatchObject({ to: timeOf(129), count: 130 })
    expect(found.scores).toHaveLength(25 + 70)
    const { app } = often
    expect(decodeModel(found.bytes)).toMatchObject({ to: timeOf(129), count: 130 })
    expect(await app.models(app.project.batches.get('a')!).versions('a')).toHaveLength(1)
  })

  it('learn nothing from a value that is restated, and judge it again', async () => {
    const batch = await openBatch()
    await batch.come(80)
    const before = await batch.traces()
    const restated = drifting(80).map((value, index) => (index === 75 ? value + 50 : value))
    const { steps } = await batch.come(80, restated)
    expect(steps.some(({ name }) => name === 'score/keep learned')).toBe(false)
    const after = await batch.traces()
    expect(after.bytes).toEqual(before.bytes)
    expect(
      after.scores.filter(([at, score], i) => score !== before.scores[i]![1] || at !== before.scores[i]![0]),
    ).toEqual(expect.arrayContaining([[timeOf(75), 1]]))
  })

  it('learn from what lies between, however far back it is', async () => {
    const [lost, whole] = [await openBatch(), await openBatch()]
    for (const batch of [lost, whole]) await batch.come(1500)
    const storage = openStorage('local://./models', { projectDir: lost.dir })
    for await (const { key } of storage.list('a/learned/')) await storage.delete(key)
    expect(await lost.traces()).toMatchObject({ count: TRAINED })
    for (const batch of [lost, whole]) expect((await batch.come(1501)).status).toBe('succeeded')
    expect(await lost.traces()).toEqual(await whole.traces())
    expect(await lost.traces()).toMatchObject({ count: 1501 })
  })

  it('learn whole buckets alone', async () => {
    const freq = 'preprocess_params: {diff_n: 0, smooth_n: 2, lags_n: 0, freq: 5min}\n'
    const settings = SETTINGS.replace(/preprocess_params.*\n/, freq)
    const open = async () => {
      const dir = await createProject({
        'a.yaml': batchYaml('a', settings),
        'a.sql': valuesSql(drifting(300)),
      })
      const opened = await openApp(dir)
      await opened.run('pipeline', 'a', START + 300 * MINUTE)
      return {
        async come(count: number) {
          await writeFiles(dir, { 'a.sql': valuesSql(drifting(count)) })
          await opened.run('pipeline', 'a', START + count * MINUTE)
        },
        traces: () => tracesOf(opened, 'a'),
      }
    }
    const [often, once] = [await open(), await open()]
    for (const count of [305, 311, 317, 350, 500]) await often.come(count)
    await once.come(500)
    expect(await often.traces()).toEqual(await once.traces())
    expect(await often.traces()).toMatchObject({ to: timeOf(495), count: 100 })
  })

  it('go on from a new training', async () => {
    const batch = await openBatch()
    await batch.come(90)
    await batch.run('train', 'a', justAfter(90))
    expect(await batch.traces()).toMatchObject({ count: 90, to: timeOf(89) })
    await batch.come(95)
    expect(await batch.traces()).toMatchObject({ count: 95, to: timeOf(94) })
  })

  it('are replayed as they would have learned', async () => {
    const batch = await openBatch()
    await batch.come(200)
    const ended = await batch.run('backfill', 'a', justAfter(200))
    expect([ended.status, ended.error?.message]).toEqual(['succeeded', undefined])
    const { scores, to } = await batch.traces()
    expect(scores.length).toBeGreaterThan(180)
    expect(to).toBe(timeOf(199))
  })

  it('end up the same when two programs score at the same time', async () => {
    const [batch, reference] = [await openBatch(), await openBatch()]
    await reference.come(120)
    const other = await openApp(batch.dir)
    await writeFiles(batch.dir, { 'a.sql': valuesSql(drifting(120)) })
    await batch.run('ingest', 'a', justAfter(120))
    const ended = await Promise.all([
      batch.run('score', 'a', justAfter(110)),
      other.run('score', 'a', justAfter(120)),
      batch.run('score', 'a', justAfter(120)),
    ])
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(await batch.traces()).toEqual(await reference.traces())
  })

  it('learn in parts as in one', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `m${i}`)
    const sql = (count: number) =>
      names
        .map((name, i) =>
          valuesSql(
            drifting(count).map((value) => value * (i + 1)),
            { name },
          ),
        )
        .join(' union all ')
    const open = async (fanOutN: number) => {
      const dir = await createProject({
        'a.yaml': batchYaml('a', `${SETTINGS}fan_out_n: ${fanOutN}\n`),
        'a.sql': sql(TRAINED),
      })
      const opened = await openApp(dir)
      for (const count of [TRAINED, 70, 90]) {
        await writeFiles(dir, { 'a.sql': sql(count) })
        const ended = await opened.run('pipeline', 'a', justAfter(count))
        expect([ended.status, ended.error?.message]).toEqual(['succeeded', undefined])
      }
      return opened
    }
    const [parted, whole] = [await open(3), await open(100)]
    for (const name of names) {
      const [found, expected] = [await modelOf(parted.app, 'a', name), await modelOf(whole.app, 'a', name)]
      expect(found.entry).toEqual(expected.entry)
      expect(found.entry).toMatchObject({ count: 90 })
      expect(found.bytes).toEqual(expected.bytes)
    }
  })
})

const walks: readonly Pick<Fault, 'part' | 'mode'>[] = [
  { part: 'table', mode: 'before' },
  { part: 'table', mode: 'after' },
  { part: 'storage', mode: 'before' },
  { part: 'storage', mode: 'after' },
]

describe('a run of scoring that dies, and is repeated, leaves the scores and the state of one that does not', () => {
  it.each(walks)('$part fails $mode: whichever call it is', async (walk) => {
    const MOST = 20
    const names = Array.from({ length: MOST }, (_, i) => `b${i}`)
    const yaml = (name: string) => batchYaml(name, SETTINGS)
    const dir = await createProject(
      Object.fromEntries(
        names.flatMap((name) => [
          [`${name}.yaml`, yaml(name)],
          [`${name}.sql`, valuesSql(drifting(TRAINED))],
        ]),
      ),
    )
    const faults = faulty()
    const app = await createApp(dir, { logger: () => silentLogger, around: faults.around })
    const { points } = await openApp(dir)
    const run = (job: 'pipeline' | 'ingest' | 'score', batch: string, count: number) =>
      app.orchestrator.runNow({ job, batch, trigger: 'manual', params: { at: justAfter(count) } })
    const prepared = async (batch: string) => {
      await run('pipeline', batch, TRAINED)
      await writeFiles(dir, { [`${batch}.sql`]: valuesSql(drifting(75)) })
      await run('ingest', batch, 75)
    }
    try {
      await prepared('b0')
      await run('score', 'b0', 75)
      const reference = await tracesOf({ app, points }, 'b0')
      expect(reference).toMatchObject({ count: 75, to: timeOf(74) })
      const fired: string[] = []
      for (let nth = 1; nth < MOST; nth++) {
        const batch = `b${nth}`
        await prepared(batch)
        faults.arm({ ...walk, nth })
        const { status } = await run('score', batch, 75)
        const call = faults.disarm()
        expect(status).toBe(call === undefined ? 'succeeded' : 'failed')
        await run('score', batch, 75)
        expect(await tracesOf({ app, points }, batch)).toEqual(reference)
        if (call === undefined) break
        fired.push(call)
      }
      expect(fired.length).toBeGreaterThan(0)
      expect(fired.length).toBeLessThan(MOST - 1)
      if (walk.part === 'storage') expect(fired).toContain('storage.put')
      else expect(fired).toContain('table.upsert')
    } finally {
      await app.close(0)
    }
  })
})
