import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/alerts/notice.ts'
import { composeNotice } from '../../src/alerts/notice-message.ts'
import { emailHtml } from '../../src/channels/email-html.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, DAY, HOUR, justAfter, MINUTE, ORIGINAL_MODELS, START, valuesSql } from './series.ts'

const NOON = START + 40 * DAY

const quiet = 'disable_change: true\n'
const jumping = calm(100).map((value, index) => (index === 99 ? value + 500 : value))

async function openProject(files: Readonly<Record<string, string>>) {
  const dir = await createProject(files)
  const opened = await openApp(dir)
  return {
    ...opened,
    dir,
    summary: async (at: number, tick?: number) =>
      opened.app.orchestrator.runNow({
        job: 'summary',
        trigger: 'schedule',
        params: { at },
        ...(tick === undefined ? {} : { scheduledFor: tick }),
      }),
    notices: async () =>
      (await opened.app.control.notices.list({ limit: 100 })).filter(({ kind }) => kind === 'summary'),
    deliveries: async (notice: Notice) =>
      (await opened.app.control.alerts.deliveries({ alertId: notice.id, limit: 100 })).map(
        ({ channel }) => channel,
      ),
  }
}

const mail = (notice: Notice) =>
  emailHtml(composeNotice(notice, { deliveryId: 'd', publicUrl: 'http://localhost' }), undefined)

describe('summary', () => {
  it('counts values, scores and alerts of every metric, the most alerts first, in one message for each channel', async () => {
    const { run, summary, notices, deliveries } = await openProject({
      'a.yaml': batchYaml('calm', quiet).replace('calm.sql', 'a.sql'),
      'a.sql': valuesSql(calm(100)),
      'b.yaml': batchYaml('b<i>', ORIGINAL_MODELS).replace('b<i>.sql', 'b.sql'),
      'b.sql': valuesSql(jumping, { name: '<b>m</b>' }),
    })
    const at = justAfter(100)
    for (const batch of ['calm', 'b<i>']) await run('pipeline', batch, at)
    expect((await summary(at, START)).status).toBe('succeeded')
    const [notice, ...others] = await notices()
    expect(others).toEqual([])
    expect(await deliveries(notice!)).toEqual(['console'])
    expect(notice!.text.split('\n').slice(0, 3)).toEqual([
      '2 batches, 2 metrics, 1 alert.',
      'b<i> / <b>m</b>: 1 alert (1 change), 100 values, 25 scores, newest 2024-01-01 01:39',
      'calm / m: 0 alerts, 100 values, 25 scores, newest 2024-01-01 01:39',
    ])
    expect(notice!.endedAt).toBeDefined()
    const html = await mail(notice!)
    expect(html).toContain('<th')
    expect(html).toContain('&lt;b&gt;m&lt;/b&gt;')
    expect(html).not.toContain('<b>m</b>')
    expect(html.split('&lt;b&gt;m&lt;/b&gt;')).toHaveLength(2)
  })

  it('is sent once for a tick, also when the run is done again, and anew for the next', async () => {
    const { run, summary, notices } = await openProject({
      'a.yaml': batchYaml('a', quiet),
      'a.sql': valuesSql(calm(30)),
    })
    await run('ingest', 'a', justAfter(30))
    for (const tick of [START, START, START + DAY, START + DAY]) await summary(justAfter(30), tick)
    expect((await notices()).map(({ since }) => since).sort((a, b) => a - b)).toEqual([START, START + DAY])
  })

  it('is sent for the next tick although the process died before it noted that the last one was told', async () => {
    const { app, run, summary, notices } = await openProject({
      'a.yaml': batchYaml('a', quiet),
      'a.sql': valuesSql(calm(30)),
    })
    await run('ingest', 'a', justAfter(30))
    await app.control.notices.open(
      {
        kind: 'summary',
        subject: `summary ${new Date(START).toISOString()} console`,
        since: START,
        title: 't',
        text: '',
        details: {},
      },
      { now: START, channels: ['console'] },
    )
    await summary(justAfter(30), START)
    expect(await notices()).toHaveLength(1)
    await summary(justAfter(30), START + DAY)
    expect(await notices()).toHaveLength(2)
    expect((await notices()).every(({ endedAt }) => endedAt !== undefined)).toBe(true)
  })

  it('names failed runs, alerts that were not delivered, and silent metrics', async () => {
    const { app, dir, run, summary, notices } = await openProject({
      'a.yaml': batchYaml('a', 'run_retries: 0\n'),
      'a.sql': valuesSql(jumping, { start: NOON - 99 * MINUTE }),
      'b.yaml': batchYaml('b', quiet),
      'b.sql': valuesSql(calm(10), { name: 'gone', start: NOON - 3 * DAY, stepMs: HOUR }),
    })
    await run('change', 'a', NOON)
    await run('ingest', 'a', NOON)
    await run('change', 'a', NOON)
    await run('ingest', 'b', NOON)
    await writeFiles(dir, { 'a.sql': 'select nonsense from nowhere' })
    await run('ingest', 'a', NOON)
    const [delivery] = await app.control.alerts.deliveries({ limit: 10 })
    await app.control.alerts.settle(delivery!.id, { status: 'dead', problem: 'no' })
    await summary(NOON + 1, NOON)
    const [notice] = await notices()
    expect(notice!.text).toMatch(/Failed runs: 1\n- ingest a: .*nowhere/)
    expect(notice!.text).toContain('Alerts that were not delivered:\n- console, a: 1 given up, 0 waiting')
    expect(notice!.text).toContain('Silent metrics: 1\n- b / gone: last value 2024-02-07 09:00')
  })

  it('leaves out batches that want none, tells a channel of its own batches only, and survives a channel that is missing', async () => {
    const { app, run, summary, notices, deliveries } = await openProject({
      'anomstack.yaml': 'channels: {mine: {kind: console}, yours: {kind: console}}\n',
      'a.yaml': batchYaml('a', quiet).replace('alert_methods: console', 'alert_methods: mine,slack'),
      'a.sql': valuesSql(calm(30)),
      'b.yaml': batchYaml('b', quiet).replace('alert_methods: console', 'alert_methods: yours'),
      'b.sql': valuesSql(calm(30)),
      'c.yaml': batchYaml('c', `${quiet}disable_summary: true\n`),
      'c.sql': valuesSql(calm(30)),
    })
    for (const batch of ['a', 'b', 'c']) await run('ingest', batch, justAfter(30))
    expect(app.project.faults.filter(({ severity }) => severity === 'error')).toEqual([])
    expect((await summary(justAfter(30), START)).status).toBe('succeeded')
    const told = new Map<string, string>()
    for (const notice of await notices()) told.set((await deliveries(notice)).join(), notice.text)
    expect([...told.keys()].sort()).toEqual(['mine', 'yours'])
    expect(told.get('mine')).toContain('a / m')
    expect(told.get('mine')).not.toContain('b / m')
    expect(told.get('yours')).not.toContain('c / m')
  })

  it('asks SQL of its own for a batch that has it, and one bad batch does not keep the others from being told', async () => {
    const { run, summary, notices } = await openProject({
      'a.yaml': batchYaml(
        'a',
        `${quiet}summary_sql: select 'a' as metric_batch, 'own' as metric_name, 1704067200 as metric_timestamp_max, 7 as n_metric, 5 as n_score, 3 as n_alert\n`,
      ),
      'a.sql': valuesSql(calm(30)),
      'b.yaml': batchYaml('b', `${quiet}summary_sql: select nonsense from nowhere\n`),
      'b.sql': valuesSql(calm(30)),
      'c.yaml': batchYaml('c', quiet),
      'c.sql': valuesSql(calm(30)),
    })
    for (const batch of ['a', 'b', 'c']) await run('ingest', batch, justAfter(30))
    const ended = await summary(justAfter(30), START)
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toContain('batch "b"')
    const [notice] = await notices()
    expect(notice!.text).toContain(
      'a / own: 3 alerts (3 anomaly), 7 values, 5 scores, newest 2024-01-01 00:00',
    )
    expect(notice!.text).toContain('c / m: 0 alerts, 30 values')
    expect(notice!.text).toMatch(/Could not be read:\n- .*batch "b"/)
  })

  it('is about the batches of its schedule, and two schedules with one tick are both told of', async () => {
    const { app, run, notices } = await openProject({
      'a.yaml': batchYaml('a', `${quiet}summary_cron_schedule: '0 9 * * *'\n`),
      'a.sql': valuesSql(calm(30)),
      'b.yaml': batchYaml('b', `${quiet}summary_cron_schedule: '0 9 * * 1'\n`),
      'b.sql': valuesSql(calm(30)),
    })
    for (const batch of ['a', 'b']) await run('ingest', batch, justAfter(30))
    for (const cron of ['0 9 * * *', '0 9 * * 1', '0 9 * * 1'])
      await app.orchestrator.runNow({
        job: 'summary',
        trigger: 'schedule',
        scheduledFor: START,
        params: { at: justAfter(30), summary_cron_schedule: cron, time_zone: 'UTC' },
      })
    const said = (await notices()).map(({ text }) => text.split('\n')[1]?.split(' / ')[0])
    expect(said).toHaveLength(2)
    expect(new Set(said)).toEqual(new Set(['a', 'b']))
  })

  it('has nothing to say of an empty project or an empty table', async () => {
    const empty = await openProject({ 'a.yaml': batchYaml('a', quiet), 'a.sql': valuesSql(calm(30)) })
    expect((await empty.summary(START, START)).status).toBe('succeeded')
    expect((await empty.notices())[0]?.text).toBe('1 batch, 0 metrics, 0 alerts.')
  })
})
