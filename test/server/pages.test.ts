import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { DAY, MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  await server.database.metricsTable('metrics').ensure()
})
afterEach(() => server.close())

const page = async (path: string) => {
  const response = await server.get(path)
  expect(response.headers.get('content-type')).toMatch(/^text\/html/)
  return { status: response.status, html: await response.text() }
}
const upsert = (rows: Parameters<ReturnType<typeof server.database.metricsTable>['upsert']>[0]) =>
  server.database.metricsTable('metrics').upsert(rows)
const flat = (value: number, length = 30) => Array.from({ length }, () => value)
const positions = (html: string, needles: readonly string[]) => needles.map((needle) => html.indexOf(needle))

describe('home', () => {
  it('tells a new user what to do', async () => {
    const { html } = await page('/')
    expect(html).toContain('No metric batches yet')
    expect(html).toContain('anomstack init')
  })

  it('puts first what needs attention: the newest alert, then what fails, then the strangest score', async () => {
    for (const name of ['a-calm', 'b-strange', 'c-alerted', 'd-alerted-now', 'e-broken'])
      server.addBatch(name)
    server.breakDatabase(
      'e-broken',
      new AnomstackError('CONNECTION_FAILED', 'connection refused', { at: { batch: 'e-broken' } }),
    )
    for (const [batch, score] of [
      ['a-calm', 0.1],
      ['b-strange', 0.7],
      ['c-alerted', 0.1],
      ['d-alerted-now', 0],
    ] as const)
      await upsert(seriesRows({ batch, metric: 'm', values: flat(5), scores: flat(score) }))
    for (const [batch, timestamp] of [
      ['c-alerted', NOW - DAY],
      ['d-alerted-now', NOW],
    ] as const)
      await server.control.alerts.raise(
        [
          {
            batch,
            metric: 'm',
            kind: 'anomaly',
            timestamp,
            value: 5,
            reason: `because ${batch}`,
            details: {},
          },
        ],
        { now: NOW, channels: [] },
      )
    const { html } = await page('/')
    const order = positions(
      html,
      ['d-alerted-now', 'c-alerted', 'e-broken', 'b-strange', 'a-calm'].map(
        (name) => `href="/batches/${name}"`,
      ),
    )
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order.every((position) => position > 0)).toBe(true)
    expect(html).toContain('connection refused')
    expect(html).toContain('because d-alerted-now')
    expect(html).toContain('5 batches · 4 metrics · 2 alerts in 7 days')
  })

  it('shows the faults of files with place and suggestion', async () => {
    server.setFaults([
      {
        severity: 'error',
        file: 'metrics/x.yaml',
        line: 12,
        column: 3,
        message: 'unknown key',
        suggestion: 'did you mean alert_threshold?',
      },
    ])
    const { html } = await page('/')
    expect(html).toContain('metrics/x.yaml:12:3')
    expect(html).toContain('did you mean alert_threshold?')
    expect(html).toContain("1 error in the project's files")
  })

  it('shows why a run failed, and when the first data come', async () => {
    server.addBatch('waiting', {
      ingest_default_schedule_status: 'RUNNING',
      ingest_cron_schedule: '5 12 * * *',
    })
    server.addBatch('idle')
    server.addBatch('failing')
    const { run } = await server.control.runs.enqueue(
      { job: 'ingest', batch: 'failing', trigger: 'manual' },
      { now: NOW },
    )
    await server.control.runs.claimById(run.id, { executor: 'me', now: NOW })
    await server.control.runs.finish(run.id, {
      attempt: 1,
      executor: 'me',
      status: 'failed',
      now: NOW,
      error: { code: 'QUERY_FAILED', message: 'no such table', stack: 'STACK' },
    })
    const { html } = await page('/')
    expect(html.replace(/<[^>]*>/g, '')).toContain('No data yet: the first ingest runs in 5 min.')
    expect(html).toContain('ingest_default_schedule_status: RUNNING')
    expect(html).toContain('no such table')
    expect(html).not.toContain('STACK')
  })

  it('leaves out batches that are not to be shown', async () => {
    server.addBatch('hidden', { disable_dashboard: true })
    expect((await page('/')).html).not.toContain('/batches/hidden')
  })

  it('stays whole when the control database is gone: a page, with the problem', async () => {
    await server.control.close()
    const { status, html } = await page('/')
    expect(status).toBe(503)
    expect(html).toContain('CONTROL_FAILED')
  })
})

describe('batch page', () => {
  it('says that a metric is learning, and how far it is', async () => {
    server.addBatch('b', { train_min_n: 14 })
    await upsert(seriesRows({ batch: 'b', metric: 'young', values: flat(1, 9) }))
    await upsert(seriesRows({ batch: 'b', metric: 'grown', values: flat(1, 14) }))
    const { html } = await page('/batches/b')
    expect(html).toContain('learning, 9 of 14 points')
    expect(html).toContain('not scored yet')
  })

  it('shows ten charts of 500 metrics, the strangest first, and more on request', async () => {
    server.addBatch('wide')
    const rows = Array.from({ length: 500 }, (_, index) =>
      seriesRows({
        batch: 'wide',
        metric: `m${String(index).padStart(3, '0')}`,
        values: flat(index, 20),
        scores: flat(index / 1000, 20),
      }),
    )
    await upsert(rows.flat())
    const { html } = await page('/batches/wide')
    expect(html.match(/class="chart"/g)).toHaveLength(10)
    expect(html).toContain('Show 10 more of 500')
    const order = positions(html, ['title="m499"', 'title="m498"', 'title="m490"'])
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(html).not.toContain('title="m489"')
    const more = await page('/batches/wide?show=20')
    expect(more.html.match(/class="chart"/g)).toHaveLength(20)
    expect(more.html).toContain('show=30')
  })

  it('searches by part of a name, whatever its case, and keeps the search when showing more (a bug of the original)', async () => {
    server.addBatch('b')
    for (let index = 0; index < 12; index++)
      await upsert(seriesRows({ batch: 'b', metric: `CPU.${index}`, values: [1, 2] }))
    await upsert(seriesRows({ batch: 'b', metric: 'memory', values: [1, 2] }))
    const { html } = await page('/batches/b?q=cpu.&last=24h')
    expect(html).not.toContain('title="memory"')
    expect(html).toContain('href="/batches/b?last=24h&amp;q=cpu.&amp;show=20"')
    expect((await page('/batches/b?q=[')).html).toContain('No metric has “[” in its name.')
  })

  it('shows the default window, and says what is wrong, for a window that is none', async () => {
    server.addBatch('b')
    await upsert(seriesRows({ batch: 'b', metric: 'm', values: [1, 2] }))
    const { status, html } = await page('/batches/b?last=7x')
    expect(status).toBe(200)
    expect(html).toContain('&quot;7x&quot; is not a time window')
    expect(html).toContain('class="chart"')
  })

  it('hides metrics without recent rows until they are asked for', async () => {
    server.addBatch('b')
    await upsert(seriesRows({ batch: 'b', metric: 'dead', values: [1, 2, 3], end: NOW - 30 * DAY }))
    const { html } = await page('/batches/b')
    expect(html).toContain('Show 1 metric without rows for 7 days')
    expect(html).not.toContain('class="chart"')
    expect((await page('/batches/b?stale=1')).html).toContain('class="chart"')
  })

  it('draws one point, a constant, enormous and tiny values', async () => {
    server.addBatch('b')
    await upsert(seriesRows({ batch: 'b', metric: 'one', values: [5] }))
    await upsert(seriesRows({ batch: 'b', metric: 'constant', values: flat(3), scores: flat(0) }))
    await upsert(seriesRows({ batch: 'b', metric: 'huge', values: [-Number.MAX_VALUE, Number.MAX_VALUE, 0] }))
    await upsert(seriesRows({ batch: 'b', metric: 'tiny', values: [5e-324, 0, 1e-300] }))
    const { html } = await page('/batches/b?last=2d')
    expect(html.match(/class="chart"/g)).toHaveLength(4)
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
  })

  it('starts a run from its form and shows it', async () => {
    server.addBatch('a/b')
    const response = await fetch(`${server.url}/batches/a%2Fb/runs`, {
      method: 'POST',
      body: new URLSearchParams({ job: 'train' }),
      redirect: 'manual',
    })
    expect(response.status).toBe(303)
    const [run] = await server.control.runs.list({ batch: 'a/b', limit: 1 })
    expect(response.headers.get('location')).toBe(`/runs/${run!.id}`)
    expect((await page(`/runs/${run!.id}`)).html).toContain('Cancel this run')
    const wrong = await fetch(`${server.url}/batches/a%2Fb/runs`, {
      method: 'POST',
      body: new URLSearchParams({ job: 'rm' }),
    })
    expect(wrong.status).toBe(400)
  })
})

describe('alert page', () => {
  it('shows the reason, the window around the alert, tags and deliveries, and retries a dead one', async () => {
    server.addBatch('b', { metric_tags: { m: { team: 'growth' } } })
    await upsert(seriesRows({ batch: 'b', metric: 'm', values: flat(1, 60), scores: flat(0.1, 60) }))
    const [alert] = await server.control.alerts.raise(
      [
        {
          batch: 'b',
          metric: 'm',
          kind: 'anomaly',
          timestamp: NOW - 30 * MINUTE,
          value: 1,
          score: 0.9,
          reason: 'far above',
          details: { lower: 0, upper: 2 },
        },
      ],
      { now: NOW, channels: ['email'] },
    )
    const [delivery] = await server.control.alerts.deliveries({ alertId: alert!.id, limit: 1 })
    await server.control.alerts.settle(delivery!.id, { status: 'dead', problem: 'mailbox full' })
    const { html } = await page(`/alerts/${alert!.id}`)
    for (const text of [
      'far above',
      '0 to 2',
      'growth',
      'mailbox full',
      'Send again',
      'class="halo alert-anomaly"',
    ])
      expect(html).toContain(text)
    const retry = (id: string) =>
      fetch(`${server.url}/alerts/${alert!.id}/deliveries`, {
        method: 'POST',
        body: new URLSearchParams({ delivery: id }),
        redirect: 'manual',
      })
    expect((await retry('of another alert')).status).toBe(409)
    expect((await retry(delivery!.id)).status).toBe(303)
    expect((await page(`/alerts/${alert!.id}`)).html).not.toContain('Send again')
  })

  it('is shown without a chart when the batch has left the project', async () => {
    const [alert] = await server.control.alerts.raise(
      [
        {
          batch: 'gone',
          metric: 'm',
          kind: 'anomaly',
          timestamp: NOW,
          value: 1,
          reason: 'far above',
          details: {},
        },
      ],
      { now: NOW, channels: [], replayed: true },
    )
    const { status, html } = await page(`/alerts/${alert!.id}`)
    expect(status).toBe(200)
    expect(html).toContain('is not in the project any more')
    expect(html).toContain('Alerts of a replay are not sent.')
  })
})

describe('lists', () => {
  it('page by cursor and keep their filters', async () => {
    await server.control.alerts.raise(
      Array.from({ length: 51 }, (_, index) => ({
        batch: 'b',
        metric: 'm',
        kind: 'change' as const,
        timestamp: NOW - index,
        value: 1,
        reason: `r${index}`,
        details: {},
      })),
      { now: NOW, channels: [] },
    )
    const { html } = await page('/alerts?kind=change&batch=b')
    const older = /id="older" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
    expect(older).toMatch(/^\/alerts\?batch=b&kind=change&before=/)
    const next = await page(older!)
    expect(next.html).toContain('r50')
    expect(next.html).not.toContain('id="older"')
    expect((await page('/runs')).html).toContain('Nothing has run yet.')
    expect((await page('/runs?status=failed')).html).toContain('No run fits.')
  })

  it('answer nonsense with a page that says so', async () => {
    expect((await page('/runs?status=sad')).status).toBe(400)
    expect((await page('/runs/nobody')).status).toBe(404)
    expect((await page('/batches/nobody')).html).toContain(
      'there is no batch &quot;nobody&quot; in the project',
    )
  })
})
