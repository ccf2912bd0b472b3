import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeSegment } from '../../src/server/pages/links.ts'
import { NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

const NAMES = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  '</title></svg></textarea><svg onload=alert(1)>',
  'a/b?c=d&e#f',
  '../../etc/passwd',
  '100%25 %2F %',
  '{{7*7}} #{7*7}',
  'javascript:alert(1)',
  'naïve 指标 🚀 \u202Ertl',
  'line\nbreak\r\nSet-Cookie: a=b',
  '__proto__',
  'constructor',
  'x'.repeat(500),
]
/** What only an unescaped name could have put into a page. */
const INJECTED = /<script>alert|<img src=x|<svg onload|' onmouseover='|<\/title><\/svg>/

let server: ScratchServer
const alertIds: string[] = []
beforeAll(async () => {
  server = await scratchServer()
  const table = server.database.metricsTable('metrics')
  await table.ensure()
  for (const name of NAMES) {
    server.addBatch(name, { metric_tags: { [name]: { [name]: name } }, alert_methods: name })
    await table.upsert(seriesRows({ batch: name, metric: name, values: [1, 2, 3], scores: [0.1, 0.2, 0.9] }))
    const [alert] = await server.control.alerts.raise(
      [
        {
          batch: name,
          metric: name,
          kind: 'anomaly',
          timestamp: NOW,
          value: 3,
          score: 0.9,
          reason: name,
          details: { [name]: name },
        },
      ],
      { now: NOW, channels: [name] },
    )
    alertIds.push(alert!.id)
    const [delivery] = await server.control.alerts.deliveries({ alertId: alert!.id, limit: 1 })
    await server.control.alerts.settle(delivery!.id, { status: 'dead', problem: name })
    const { run } = await server.control.runs.enqueue(
      { job: 'ingest', batch: name, trigger: 'manual', params: { [name]: name } },
      { now: NOW },
    )
    await server.control.runs.claimById(run.id, { executor: 'me', now: NOW })
    await server.control.runs.saveStep({
      runId: run.id,
      index: 0,
      name,
      attempt: 1,
      status: 'failed',
      startedAt: NOW,
      result: { [name]: name },
      error: { code: 'JOB_FAILED', message: name, stack: name },
    })
    await server.control.runs.enqueue(
      { job: 'ingest', batch: name, trigger: 'fan-out', parent: run.id, shard: name },
      { now: NOW - 1 },
    )
    await server.control.schedules.recordTicks([
      { schedule: `ingest:${name}`, at: NOW, outcome: 'missed', runId: run.id, reason: name },
    ])
    await server.control.runs.saveLogs([
      { runId: run.id, at: NOW, level: 'error', message: name, fields: { [name]: name } },
    ])
    await server.control.runs.finish(run.id, {
      attempt: 1,
      executor: 'me',
      status: 'failed',
      now: NOW,
      error: { code: 'JOB_FAILED', message: name, stack: name },
    })
  }
  server.setFaults(NAMES.map((name) => ({ severity: 'error', file: name, message: name, suggestion: name })))
})
afterAll(() => server.close())

async function safePage(path: string): Promise<string> {
  const response = await server.get(path)
  const html = await response.text()
  expect(response.status, path).toBe(200)
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(html).not.toMatch(INJECTED)
  expect(html.match(/<script\b/g)).toHaveLength(2)
  const tags = html.replaceAll(/"[^"]*"/g, '""')
  expect(tags).not.toMatch(/<[^>]*\son[a-z]+=/)
  const addresses = [...html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(([, address]) => address!)
  expect(addresses.filter((address) => !/^(\/(?!\/)|#main$)/.test(address))).toEqual([])
  return html
}

describe('hostile names', () => {
  it('do no harm on the lists', async () => {
    for (const path of [
      '/',
      '/alerts',
      '/runs',
      '/schedules',
      '/alerts?metric=%3Cscript%3Ealert(1)%3C/script%3E',
    ])
      await safePage(path)
  })

  it.each(NAMES.map((name, index) => [name.slice(0, 40), name, index] as const))(
    '%j has its pages and its data',
    async (_, name, index) => {
      const segment = encodeURIComponent(name)
      const html = await safePage(`/batches/${segment}`)
      expect(html.match(/class="chart"/g)).toHaveLength(1)
      await safePage(`/batches/${segment}?q=${segment}&last=${segment}`)
      await safePage(`/alerts/${alertIds[index]}`)
      const [run] = await server.control.runs.list({ batch: name, limit: 1 })
      expect(await safePage(`/runs/${run!.id}`)).toContain('<summary>Stack</summary>')
      await safePage(`/runs?batch=${segment}&parent=${segment}`)
      expect(await safePage(`/schedules?batch=${segment}`)).toContain('missed')
      expect(await server.json(`/api/v1/lineage?batch=${segment}`)).toMatchObject({ batch: name })
      const preview = await server.json(`/api/v1/backfills/preview?batch=${segment}`)
      expect(preview).toMatchObject({ items: [{ batch: name, points: 3 }] })
      const series = await server.json(`/api/v1/batches/${segment}/series?metric=${segment}`)
      expect(series).toMatchObject({ batch: name, metric: name, values: [1, 2, 3] })
    },
  )

  it('have links that lead back to them', async () => {
    const html = await safePage('/')
    const links = [...html.matchAll(/class="card-link" href="([^"]+)"/g)].map(([, href]) =>
      href!.replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
    )
    expect(links).toHaveLength(NAMES.length)
    expect(links.map((href) => decodeURIComponent(href.slice('/batches/'.length))).sort()).toEqual(
      [...NAMES].sort(),
    )
    for (const href of links) await safePage(href)
  })

  it('are escaped on the page of a problem too', async () => {
    const response = await server.get(`/batches/${encodeURIComponent('<script>alert(2)</script>')}`)
    expect(response.status).toBe(404)
    expect(await response.text()).not.toContain('<script>alert')
  })

  it('with half a surrogate pair still give a link', () => {
    expect(encodeSegment('a\uD800b')).toBe('a%EF%BF%BDb')
    expect(encodeSegment('🚀')).toBe('%F0%9F%9A%80')
  })
})
