import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createModelStore } from '../../src/models/model-store.ts'
import { shardOf } from '../../src/models/shard.ts'
import type { RunTrigger } from '../../src/runs/run.ts'
import { openStorage } from '../../src/storages/index.ts'
import { calm, DAY, justAfter, MINUTE, ORIGINAL_MODELS, START, valuesSql } from './series.ts'
import { openBatch, sqlOf, TRAINED, type TrainedBatch, timeOf } from './trained-batch.ts'

const atTick = justAfter(120)

describe('a training by schedule', () => {
  it('leaves models as they are that have learned on, publishes nothing, and has been a training', async () => {
    const batch = await openBatch()
    await batch.come(120)
    const before = await batch.modelOf()
    expect(before.entry).toMatchObject({
      to: timeOf(119),
      count: 120,
      fit: { at: justAfter(TRAINED), since: START, to: timeOf(TRAINED - 26), count: TRAINED - 25 },
    })
    const { resultOf, logs } = await batch.train(atTick)
    expect(resultOf('choose what to fit')).toEqual({ kept: 1, others: 0 })
    expect(resultOf('load history')).toEqual({ metrics: 0 })
    expect(resultOf('publish')).toBeUndefined()
    const [version, ...others] = await batch.store().versions('a')
    expect(others).toEqual([])
    expect(resultOf('keep version')).toEqual({ version: version!.version })
    expect(logs).toContain('models that go on with what they have learned: 1')
    expect(logs).toContain(`nothing had to be fitted: version ${version!.version} of the models stays in use`)
    expect(await batch.modelOf()).toEqual(before)
    expect(await batch.store().lastTrained('a')).toBe(atTick)
  })

  it('is due in a pipeline once for each tick', async () => {
    const batch = await openBatch("train_cron_schedule: '*/10 * * * *'\n")
    const stepsAt = async (minute: number) => {
      const { steps, status } = await batch.run('pipeline', START + minute * MINUTE, 'schedule')
      expect(status).toBe('succeeded')
      return steps.map(({ name }) => name).filter((name) => name.startsWith('train/'))
    }
    expect(await stepsAt(111)).toContain('train/keep version')
    expect(await stepsAt(112)).toEqual([])
    expect(await stepsAt(121)).toContain('train/keep version')
    expect(await batch.store().versions('a')).toHaveLength(1)
  })

  it('fits what is new, and publishes it with the others as they are', async () => {
    const batch = await openBatch()
    await batch.come(120)
    const before = await batch.modelOf()
    await batch.come(121, sqlOf(['m', 'new'], 121))
    const { resultOf, logs } = await batch.train(justAfter(121))
    expect(resultOf('choose what to fit')).toEqual({ kept: 1, others: 1 })
    expect(resultOf('fit')).toEqual({ fitted: 1 })
    expect(logs).toContain(
      'models that go on with what they have learned: 1; metrics to be fitted: 1 (without a model)',
    )
    expect(await batch.store().versions('a')).toHaveLength(2)
    const { entry } = await batch.modelOf()
    expect(entry).toEqual({ ...before.entry, to: timeOf(120), count: 121 })
    expect((await batch.modelOf('new')).entry.fit).toMatchObject({ at: justAfter(121) })
    await batch.come(122, sqlOf(['m', 'new'], 122))
    expect((await batch.train(justAfter(122))).resultOf('choose what to fit')).toEqual({ kept: 2, others: 0 })
  })

  it('changes no score, however often it comes', async () => {
    const [often, once] = [await openBatch(), await openBatch()]
    for (const count of [101, 104, 110, 111, 130, 150, 151]) {
      const names = count < 111 ? ['m'] : ['m', 'new']
      await often.come(count, sqlOf(names, count))
      await often.train(justAfter(count))
    }
    await once.come(151)
    expect((await often.store().versions('a')).length).toBeGreaterThan(1)
    expect(await often.scores()).toEqual(await once.scores())
    expect((await often.modelOf()).bytes).toEqual((await once.modelOf()).bytes)
  })

  it('never leaves models that do not learn as they are', async () => {
    for (const models of [
      ORIGINAL_MODELS,
      'update: online\nmodel_configs: [{model_name: auto}, {model_name: OnlineRobustZ}]\n',
    ]) {
      const batch = await openBatch(models)
      const { resultOf } = await batch.train(atTick)
      expect(resultOf('choose what to fit')).toBeUndefined()
      expect(resultOf('fit')).toEqual({ fitted: 1 })
    }
  })

  it('lets a model of a version that was rolled back to go on', async () => {
    const batch = await openBatch()
    const [first] = await batch.store().versions('a')
    await batch.come(105)
    await batch.train(justAfter(105), 'manual')
    await batch.store().rollback('a', first!.version)
    const { resultOf } = await batch.train(justAfter(106))
    expect(resultOf('keep version')).toEqual({ version: first!.version })
  })

  it('takes a metric out of use that is learning anew, and leaves the others', async () => {
    const batch = await openBatch('', { names: ['m', 'other'] })
    const before = await batch.modelOf('other')
    await batch.change('new_normal_from: {m: "2024-01-01T01:35:00Z"}\n')
    const { resultOf } = await batch.train(justAfter(TRAINED + 1))
    expect(resultOf('fit')).toEqual({ learning: 1 })
    expect([...(await (await batch.store().latest('a'))!.entries()).keys()]).toEqual(['other'])
    expect(await batch.modelOf('other')).toEqual(before)
    const next = await batch.train(justAfter(TRAINED + 2))
    expect(next.resultOf('keep version')).toMatchObject({ version: expect.any(String) })
  })
})

describe('a model is fitted anew', () => {
  const anew = async (batch: TrainedBatch, at = atTick, trigger: RunTrigger = 'schedule') => {
    const { resultOf, logs } = await batch.train(at, trigger)
    expect(resultOf('fit')).toEqual({ fitted: 1 })
    expect((await batch.modelOf()).entry.fit?.at).toBe(at)
    return logs.find((line) => line.includes('to be fitted'))
  }
  const learned = async (more = '') => {
    const batch = await openBatch(more)
    await batch.come(120)
    return batch
  }

  it('by a training that somebody has asked for', async () => {
    const batch = await learned()
    for (const [later, trigger] of (['manual', 'api', 'retry', 'sensor'] as const).entries())
      expect(await anew(batch, atTick + later, trigger)).toBeUndefined()
  })

  it('after a day, and not before', async () => {
    const batch = await learned()
    const { resultOf } = await batch.train(justAfter(TRAINED) + DAY - 1)
    expect(resultOf('choose what to fit')).toEqual({ kept: 1, others: 0 })
    expect(await anew(batch, justAfter(TRAINED) + DAY)).toContain('1 (fitted a day ago)')
  })

  it('after feedback, once', async () => {
    const batch = await learned()
    for (const [later, type] of (['thumbsup', 'thumbsdown'] as const).entries()) {
      await batch.put(type, 110 + later)
      expect(await anew(batch, atTick + later * MINUTE)).toContain('1 (settings or feedback changed)')
      expect((await batch.train(atTick + later * MINUTE + 1)).resultOf('fit')).toEqual({})
    }
  })

  it('after a change of the model, or of what it is fitted to', async () => {
    const batch = await learned()
    let settings = ''
    for (const [later, change] of [
      'valid_range: {min: 0}\n',
      'new_normal_from: "2024-01-01T00:10:00Z"\n',
      'train_max_n: 2000\n',
      'calendars: [{use: nights, effect: skip_training}]\n',
      'alert_budget: 1 per week\n',
    ].entries()) {
      settings += change
      await batch.change(settings)
      const why = await anew(batch, atTick + later)
      if (!change.startsWith('alert_budget')) expect(why).toContain('1 (settings or feedback changed)')
    }
  })

  it('after older points have come', async () => {
    const batch = await learned()
    await batch.put('metric', -5, 100)
    expect(await anew(batch)).toContain('1 (older points came)')
    expect((await batch.modelOf()).entry.from).toBe(timeOf(-5))
    expect((await batch.train(atTick + MINUTE)).resultOf('fit')).toEqual({})
  })

  it('not by older points than it learns from', async () => {
    const batch = await openBatch('train_max_n: 80\n')
    await batch.come(120)
    await batch.put('metric', -5, 100)
    expect((await batch.train(atTick)).resultOf('choose what to fit')).toEqual({ kept: 1, others: 0 })
  })

  it('when it was fitted to few points, and has learned more', async () => {
    const batch = await openBatch('', { trained: 20 })
    expect((await batch.modelOf()).entry.fit?.count).toBe(14)
    await batch.come(28)
    expect((await batch.train(justAfter(28))).resultOf('fit')).toEqual({})
    await batch.come(29)
    expect(await anew(batch, justAfter(29))).toContain('1 (fitted to few points)')
  })

  it('when it has learned points that stay out of fitting', async () => {
    const batch = await learned('valid_range: {min: 0}\n')
    expect((await batch.train(atTick)).resultOf('fit')).toEqual({})
    const values = calm(130).map((value, index) => (index === 125 ? -999 : value))
    await batch.come(130, valuesSql(values))
    expect(await anew(batch, justAfter(130))).toContain('it has learned points that are to be left out')
    expect((await batch.modelOf()).entry.count).toBe(129)
    expect((await batch.train(justAfter(131))).resultOf('fit')).toEqual({})
  })

  it('where the bundle does not say how it was fitted, as those of before', async () => {
    const batch = await learned()
    const bundle = (await batch.store().latest('a'))!
    const { fit: _, ...entry } = (await batch.modelOf()).entry
    const { bytes } = await batch.modelOf()
    const old = createModelStore(openStorage('local://./models', { projectDir: batch.dir }))
    await old.publish('a', {
      spec: bundle.spec,
      created: justAfter(119),
      results: [{ status: 'fitted', ...entry, bytes }],
    })
    expect((await batch.modelOf()).entry.fit).toBeUndefined()
    expect(await anew(batch)).toContain('does not say how it was fitted')
  })

  it('where it cannot be read', async () => {
    const batch = await openBatch('disable_score: true\n')
    const [{ version } = { version: '' }] = await batch.store().versions('a')
    const file = path.join(batch.dir, 'models', 'a', 'versions', `${version}.bundle`)
    const bytes = await readFile(file)
    bytes[bytes.length - 64]! ^= 255
    await writeFile(file, bytes)
    await batch.change('disable_score: true\n')
    expect(await anew(batch, justAfter(TRAINED + 1))).toContain('its model cannot be read')
  })

  it('where SQL of its own tells what it is fitted to', async () => {
    const sql = 'train_sql: select metric_timestamp, metric_name, metric_value from metrics\n'
    expect(await anew(await learned(sql))).toBeUndefined()
  })
})

describe('models that are kept while others are in use', () => {
  it('learn what they missed, without a second alert', async () => {
    const spiked = (count: number) => calm(count).map((value, index) => (index === 112 ? value + 80 : value))
    const [batch, reference] = [await openBatch(), await openBatch()]
    for (const each of [batch, reference]) await each.come(110, valuesSql(spiked(110)))
    const behind = await batch.modelOf()
    for (const each of [batch, reference]) await each.come(118, valuesSql(spiked(118)))
    const scores = await batch.scores()
    // A training that had read the model before these points were scored, and publishes it now.
    const { spec } = (await batch.store().latest('a'))!
    await batch.store().publish('a', {
      spec,
      created: justAfter(118),
      results: [{ status: 'fitted', ...behind.entry, bytes: behind.bytes }],
    })
    expect((await batch.modelOf()).entry.to).toBe(timeOf(109))
    for (const each of [batch, reference]) await each.come(119, valuesSql(spiked(119)))
    expect((await batch.scores()).slice(0, scores.length)).toEqual(scores)
    expect(await batch.scores()).toEqual(await reference.scores())
    expect((await batch.modelOf()).bytes).toEqual((await reference.modelOf()).bytes)
    const alerts = await batch.app().control.alerts.list({ kind: 'anomaly', limit: 10 })
    expect(alerts.map(({ timestamp }) => timestamp)).toEqual([timeOf(112)])
  })
})

describe('a batch in parts', () => {
  const names = Array.from({ length: 7 }, (_, index) => `m${index}`)
  const OF = 3

  it('leaves models as they are, part by part, and publishes nothing while no part has something to fit', async () => {
    const [batch, whole] = [await openBatch('fan_out_n: 3\n', { names }), await openBatch('', { names })]
    for (const each of [batch, whole]) await each.come(120)
    const before = await batch.modelOf()
    const idle = await batch.train(atTick)
    expect(idle.resultOf('fan out')).toEqual({ parts: OF, failed: 0 })
    const [version] = await batch.store().versions('a')
    expect(idle.resultOf('keep version')).toEqual({ version: version!.version })
    expect(idle.steps.map(({ name }) => name)).toEqual(['fan out', 'keep version'])
    expect(await batch.modelOf()).toEqual(before)

    await batch.put('thumbsdown', 110)
    const { resultOf, id } = await batch.train(atTick + MINUTE)
    expect(resultOf('keep models')).toMatchObject({ parts: OF - 1 })
    expect(await batch.store().versions('a')).toHaveLength(2)
    for (const name of names) {
      const { entry, bytes } = await batch.modelOf(name)
      const expected = await whole.modelOf(name)
      expect(entry.fit?.at).toBe(name === names[0] ? atTick + MINUTE : justAfter(TRAINED))
      expect(entry.to).toBe(timeOf(119))
      if (name !== names[0]) expect(bytes).toEqual(expected.bytes)
    }
    const children = await batch.app().control.runs.list({ parent: id, limit: 10 })
    const steps = await Promise.all(children.map((child) => batch.app().control.runs.steps(child.id)))
    const wrote = children.filter((_, index) => steps[index]!.some(({ name }) => name === 'write part'))
    expect(wrote.map(({ shard }) => shard)).toEqual([`${shardOf(names[0]!, OF)}/${OF}`])
  })

  it('fits anew what a lost part held, and keeps the others', async () => {
    const batch = await openBatch('fan_out_n: 3\n', { names })
    const storage = openStorage('local://./models', { projectDir: batch.dir })
    for await (const { key } of storage.list('a/parts/'))
      if (key.endsWith(`/2-${OF}.bundle`)) await storage.delete(key)
    await batch.change('fan_out_n: 3\n')
    await batch.train(atTick)
    for (const name of names)
      expect((await batch.modelOf(name)).entry.fit?.at).toBe(
        shardOf(name, OF) === 2 ? atTick : justAfter(TRAINED),
      )
  })

  it('is fitted anew as a whole when somebody asks for it', async () => {
    const batch = await openBatch('fan_out_n: 3\n', { names })
    await batch.train(atTick, 'manual')
    for (const name of names) expect((await batch.modelOf(name)).entry.fit?.at).toBe(atTick)
  })
})
