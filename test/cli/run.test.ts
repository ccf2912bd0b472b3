import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/cli/run-report.ts'
import { openApp } from '../project.ts'
import { anomstack, folderWith } from './command.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2025, 5, 16, 12)

/** Three hundred hours up to noon, with a spike in the last. */
const SHOP = `metric_batch: shop
db: sqlite
alert_methods: console
alert_smooth_n: 1
disable_change: true
model_configs: [{model_name: PCA}, {model_name: KNN}]
ingest_sql: |
  with recursive hours(i) as (select 0 union all select i + 1 from hours where i < 299)
  select ${(NOON - 300 * HOUR) / 1000} + i * 3600 as metric_timestamp, 'orders' as metric_name,
    100 + (i * 7) % 11 + (case when i = 299 then 500 else 0 end) as metric_value
  from hours
`
const BROKEN = 'metric_batch: broken\ndb: sqlite\ningest_sql: select * from nowhere\n'
const AT = ['--at', new Date(NOON).toISOString()]

describe('run', () => {
  it('prints the steps of each batch, its alerts, and what failed', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': SHOP, 'metrics/broken.yaml': BROKEN })
    const { code, stdout, stderr } = await anomstack(['run', 'pipeline', ...AT], { cwd: dir })
    expect([code, stderr]).toEqual([1, ''])
    const said = stdout.replace(/\d+(\.\d+)? m?s\b/g, 'TIME').replace(/ +/g, ' ')
    expect(said).toContain(
      '✓ shop pipeline succeeded in TIME\n ingest read TIME 300 rows\n write TIME 300 rows\n train load history TIME 1 metric\n',
    )
    expect(said).toContain('raise TIME 1 raised')
    expect(said).toContain('✗ broken pipeline failed in TIME\n ingest read TIME ✗ failed\n')
    expect(said).toContain('QUERY_FAILED batch "broken", metrics/broken.yaml: ')
    expect(said).toContain('anomaly: 🔥 [orders] looks anomalous (2025-06-16 11:00) 🔥')
    expect(said).toMatch(/^2 batches, 1 failed$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('prints only JSON with --json, and sends the alerts all the same', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': SHOP })
    const { code, stdout, stderr } = await anomstack(['run', 'pipeline', '--json', ...AT], { cwd: dir })
    expect(code).toBe(0)
    const [report, ...others] = JSON.parse(stdout) as RunReport[]
    expect(others).toEqual([])
    expect(report?.run).toMatchObject({
      job: 'pipeline',
      batch: 'shop',
      status: 'succeeded',
      params: { at: NOON },
    })
    expect(report?.steps.find(({ name }) => name === 'alert/raise')?.result).toEqual({ raised: 1 })
    expect(stderr).toContain('🔥 [orders] looks anomalous')

    // What was ingested and found before is there, and is not told again.
    const again = await anomstack(['run', 'pipeline', '--json', ...AT], { cwd: dir })
    const [repeated] = JSON.parse(again.stdout) as RunReport[]
    expect(repeated?.steps.find(({ name }) => name === 'alert/raise')?.result).toEqual({ raised: 0 })
    expect(again.stderr).toBe('')
  })

  it('judges as if it were another time', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': SHOP })
    const before = new Date(NOON - 2 * HOUR).toISOString()
    const early = await anomstack(['run', 'pipeline', '--at', before], { cwd: dir })
    expect(early.code).toBe(0)
    expect(early.stdout).not.toContain('looks anomalous')
    const later = await anomstack(['run', 'pipeline', ...AT], { cwd: dir })
    expect(later.stdout).toContain('looks anomalous')
  })

  it('knows the batch that was meant', async () => {
    const dir = await folderWith({
      'metrics/shop.yaml': SHOP,
      'metrics/bad.yaml': 'metric_batch: bad\nnonsense: 1\n',
    })
    const [misspelt, faulty] = await Promise.all(
      ['shopp', 'bad'].map((name) => anomstack(['run', 'ingest', '--batch', name], { cwd: dir })),
    )
    expect(misspelt).toMatchObject({ code: 2, stdout: '' })
    expect(misspelt!.stderr).toContain('there is no batch "shopp"; did you mean "shop"? Known are shop')
    expect(faulty).toMatchObject({ code: 2, stdout: '' })
    expect(faulty!.stderr).toContain('metrics/bad.yaml:2:1: error: unknown key "nonsense"')
    expect(faulty!.stderr).toContain('batch "bad" cannot run; correct the faults above')
  })

  it('says what to do where there is nothing to run', async () => {
    const { code, stderr } = await anomstack(['run', 'pipeline'], { cwd: await folderWith() })
    expect(code).toBe(1)
    expect(stderr).toContain('`anomstack init` writes a starter project, --project names another folder')
  })
})

describe('backfill', () => {
  it('records the alerts that there would have been, and sends none', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': SHOP })
    const times = ['--from', new Date(NOON - 100 * HOUR).toISOString(), '--to', new Date(NOON).toISOString()]
    const { code, stdout, stderr } = await anomstack(['backfill', '--json', '--project', dir, ...times])
    expect(code).toBe(0)
    expect(stderr).toBe('backfill shop: 1 of 1 metrics\n')
    const [report] = JSON.parse(stdout) as RunReport[]
    expect(report?.run.status).toBe('succeeded')
    const replayed = report?.steps.find(({ name }) => name === 'replay')?.result
    expect(replayed).toEqual({ points: 100, alerts: 1 })

    const { app, points } = await openApp(dir)
    const alerts = await app.control.alerts.list({ limit: 100 })
    expect(alerts).toMatchObject([
      { batch: 'shop', metric: 'orders', kind: 'anomaly', timestamp: NOON - HOUR, replayed: true },
    ])
    expect(await app.control.alerts.deliveries({ limit: 100 })).toEqual([])
    const scores = await points('shop', 'orders', 'score')
    expect(scores.timestamps[0]).toBeGreaterThanOrEqual(NOON - 100 * HOUR)
    expect([...(await points('shop', 'orders', 'alert')).timestamps]).toEqual([NOON - HOUR])
  })

  it('describes itself to people, and can be done again', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': SHOP })
    const first = await anomstack(['backfill', '--batch', 'shop'], { cwd: dir })
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^✓ shop backfill succeeded in /)
    await rm(path.join(dir, 'metrics/shop.yaml'))
    expect((await anomstack(['backfill'], { cwd: dir })).code).toBe(1)
  })
})
