import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Notice } from '../../../src/alerts/notice.ts'
import { catalogs } from '../../../src/catalogs.ts'
import { loadProject } from '../../../src/config/load-project.ts'
import { configChange } from '../../../src/orchestrator/sensors/config-change.ts'
import { type HttpReceiver, startHttpReceiver } from '../../channels/http-receiver.ts'
import { createProject, openApp, type ProjectApp, writeFiles } from '../../project.ts'
import { BATCH, check, eventually, hookAt, servicesOf } from './rig.ts'

let receiver: HttpReceiver | undefined
afterEach(async () => receiver?.stop())

const NOON = Date.UTC(2024, 0, 1, 12)
const batchOf = (name: string, more = ''): string =>
  `metric_batch: ${name}\ndb: sqlite\npipeline_cron_schedule: "0 0 1 1 *"\nalert_methods: hook\nmetrics: [${name}_value]\n${more}`
const sqlOf = (name: string, value: number): string =>
  `select datetime('2024-01-01') as metric_timestamp, '${name}' as metric_name, ${value} as metric_value`

/** A program whose sensors run, on a folder of two batches; what it says goes to an HTTP receiver. */
async function running(more: Readonly<Record<string, string>> = {}) {
  receiver = await startHttpReceiver((_, response) => response.writeHead(204).end())
  const dir = await createProject({
    'anomstack.yaml': hookAt(`${receiver.url}/hook`),
    'metrics/one.yaml': batchOf('one'),
    'metrics/one_value.sql': sqlOf('one', 1),
    'metrics/two.yaml': batchOf('two'),
    'metrics/two_value.sql': sqlOf('two', 2),
    ...more,
  })
  const opened = await openApp(dir)
  opened.app.pump.start()
  opened.app.sensors.start()
  const notices = async () => (await opened.app.control.notices.list({ limit: 100 })).toReversed()
  return {
    ...opened,
    dir,
    notices,
    told: () => receiver!.calls.map(({ body }) => JSON.parse(body.toString())),
  }
}

const trained = async ({ app }: ProjectApp) =>
  (await app.control.runs.list({ job: 'train', limit: 100 })).map(({ batch, trigger }) => [batch, trigger])

const noted = (opened: ProjectApp) =>
  eventually('the fits are noted', async () => (await opened.app.control.notes.get('fits')) !== undefined)

describe('a change of the project’s files', () => {
  it('takes effect: SQL in the next run, new and deleted batches at once', async () => {
    const opened = await running()
    const { app, dir, run, points } = opened
    await run('ingest', 'one', NOON)
    expect([...(await points('one', 'one', 'metric')).values]).toEqual([1])
    await writeFiles(dir, { 'metrics/one_value.sql': sqlOf('one', 11) })
    await eventually(
      'the new text',
      () => app.project.batches.get('one')?.sources[0]?.text.includes('11') === true,
    )
    await run('ingest', 'one', NOON)
    expect([...(await points('one', 'one', 'metric')).values]).toEqual([11])

    await writeFiles(dir, {
      'metrics/deep/three.yaml': batchOf('three'),
      'metrics/deep/three_value.sql': sqlOf('three', 3),
    })
    await eventually('the new batch', () => app.project.batches.has('three'))
    await rm(path.join(dir, 'metrics/two.yaml'))
    await eventually('the end of the deleted batch', () => !app.project.batches.has('two'))
    expect((await run('ingest', 'three', NOON)).status).toBe('succeeded')
  })

  it('that is faulty leaves the last good batch, is told of with its place once, and heals', async () => {
    const opened = await running()
    const { app, dir, notices, told, run } = opened
    await noted(opened)
    await writeFiles(dir, {
      'metrics/one.yaml': `${batchOf('one')}train_max_n: many\n`,
      'metrics/two.yaml': batchOf('two', 'alert_threshold: 0.5\n'),
    })
    await eventually(
      'the change of the other',
      () => app.project.batches.get('two')?.settings.alert_threshold === 0.5,
    )
    await eventually('the notice', () => told().length > 0)
    expect(app.project.batches.get('one')?.settings.train_max_n).toBe(2500)
    expect((await run('ingest', 'one', NOON)).status).toBe('succeeded')
    const [notice] = await notices()
    expect(notice).toMatchObject({ kind: 'config-invalid', subject: 'metrics/one.yaml' })
    expect(notice?.text).toMatch(/metrics\/one\.yaml:6:14: error: /)
    expect(notice?.text).toContain('"one" goes on as before')
    expect(told()[0]).toMatchObject({ type: 'notice.config-invalid', data: { kind: 'config-invalid' } })

    await writeFiles(dir, { 'metrics/two.yaml': batchOf('two', 'alert_threshold: 0.6\n') })
    await eventually(
      'one more change',
      () => app.project.batches.get('two')?.settings.alert_threshold === 0.6,
    )
    expect(await notices()).toHaveLength(1)

    await writeFiles(dir, { 'metrics/one.yaml': batchOf('one', 'train_max_n: 100\n') })
    await eventually('the correction', () => app.project.batches.get('one')?.settings.train_max_n === 100)
    await eventually('the recovery', () => told().length > 1)
    expect(told()[1]).toMatchObject({
      type: 'notice.resolved',
      data: { details: { kind: 'config-invalid' } },
    })
    expect((await notices()).map(({ phase }: Notice) => phase)).toEqual(['open', 'resolved'])
  })

  it('that is no YAML keeps the batch as well', async () => {
    const opened = await running()
    const { app, dir, notices } = opened
    await writeFiles(dir, { 'metrics/one.yaml': 'metric_batch: one\n  ingest_sql: [' })
    await eventually('the notice', async () => (await notices()).length > 0)
    expect([...app.project.batches.keys()]).toEqual(['one', 'two'])
    expect((await notices())[0]?.text).toMatch(/metrics\/one\.yaml:2:\d+: error: not valid YAML/)
    expect(app.project.faults.some(({ file }) => file === 'metrics/one.yaml')).toBe(true)
  })

  it('of what all batches share, when it is faulty, leaves everything as it was', async () => {
    const opened = await running({ 'metrics/defaults/defaults.yaml': 'alert_threshold: 0.7\n' })
    const { app, dir, notices } = opened
    await writeFiles(dir, {
      'metrics/defaults/defaults.yaml': 'alert_threshold: high\n',
      'metrics/one.yaml': batchOf('one', 'train_max_n: 7\n'),
    })
    await eventually('the notice', async () => (await notices()).length > 0)
    expect(app.project.batches.get('one')?.settings).toMatchObject({
      alert_threshold: 0.7,
      train_max_n: 2500,
    })
    await writeFiles(dir, { 'metrics/one.yaml': batchOf('one', 'train_max_n: 8\n') })
    await writeFiles(dir, { 'metrics/defaults/defaults.yaml': 'alert_threshold: 0.6\n' })
    await eventually('both changes', () => {
      const settings = app.project.batches.get('one')?.settings
      return settings?.alert_threshold === 0.6 && settings.train_max_n === 8
    })
  })

  it('trains only the batch whose fit has changed, also one by an included file, or while nothing ran', async () => {
    const opened = await running({
      'metrics/prep.js': 'export const preprocess = (series) => [...series.values]',
    })
    const { app, dir } = opened
    await noted(opened)
    await writeFiles(dir, {
      'metrics/one.yaml': batchOf('one', 'alert_threshold: 0.9\nscore_metric_rounding: 2\n'),
      'metrics/two.yaml': batchOf('two', `preprocess_fn: '{% include "./prep.js" %}'\n`),
    })
    await eventually('the training', async () => (await trained(opened)).length > 0)
    await eventually(
      'the other change',
      () => app.project.batches.get('one')?.settings.alert_threshold === 0.9,
    )
    expect(await trained(opened)).toEqual([['two', 'sensor']])
    await writeFiles(dir, {
      'metrics/prep.js': 'export const preprocess = (series) => [...series.values].map((v) => v * 2)',
    })
    await eventually('the next training', async () => (await trained(opened)).length > 1)
    expect(await trained(opened)).toEqual([
      ['two', 'sensor'],
      ['two', 'sensor'],
    ])
    await app.close(0)

    await writeFiles(dir, { 'metrics/one.yaml': batchOf('one', 'train_min_n: 20\n') })
    const later = await openApp(dir)
    // Two servers start at the same time.
    const both = [later, await openApp(dir)]
    await Promise.all(both.map(({ app: each }) => check(configChange(servicesOf(each)))))
    expect((await trained(later))[0]).toEqual(['one', 'sensor'])
    expect(await trained(later)).toHaveLength(3)
    // There and back again are two changes.
    for (const more of ['', 'train_min_n: 20\n']) {
      await writeFiles(dir, { 'metrics/one.yaml': batchOf('one', more) })
      await check(configChange(servicesOf(later.app)))
    }
    expect(await trained(later)).toHaveLength(5)
  })

  it('of a connection opens it anew for whoever asks next', async () => {
    const opened = await running({ '.env': 'ANOMSTACK_SQLITE_PATH=first.db\n' })
    const { app, dir } = opened
    const before = app.database(app.project.batches.get('one')!)
    const same = await loadProject(dir, catalogs, {})
    app.useProject(same)
    expect(app.database(app.project.batches.get('one')!)).toBe(before)
    await writeFiles(dir, { '.env': 'ANOMSTACK_SQLITE_PATH=second.db\n' })
    await eventually('another database', () => app.database(app.project.batches.get('one')!) !== before)
    expect(await before.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('does nothing when it is switched off', async () => {
    const dir = await createProject({
      'anomstack.yaml': 'server: {config_watcher: false}\n',
      'a.yaml': BATCH.replace('alert_methods: hook\n', ''),
    })
    const { app } = await openApp(dir)
    const sensor = configChange(servicesOf(app))
    await check(sensor)
    await writeFiles(dir, { 'b.yaml': BATCH.replace('alert_methods: hook\n', '').replace('shop', 'other') })
    await check(sensor)
    expect([...app.project.batches.keys()]).toEqual(['shop'])
  })
})
