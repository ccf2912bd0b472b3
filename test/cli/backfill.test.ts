import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/cli/run-report.ts'
import { openApp, writeFiles } from '../project.ts'
import { anomstack, folderWith, startServer } from './command.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2025, 5, 16, 12)
const FROM = NOON - 100 * HOUR

const batch = (name: string) => `metric_batch: ${name}
db: sqlite
alert_methods: console
ingest_sql: |
  with recursive hours(i) as (select 0 union all select i + 1 from hours where i < 299)
  select ${(NOON - 300 * HOUR) / 1000} + i * 3600 as metric_timestamp, 'orders' as metric_name, 100 + (i * 7) % 11 as metric_value
  from hours
`
const files = { 'metrics/shop.yaml': batch('shop'), 'metrics/store.yaml': batch('store') }
const range = ['--from', new Date(FROM).toISOString(), '--to', new Date(NOON).toISOString()]
const params = { from: FROM, to: NOON }

describe('backfill of several batches', () => {
  it('is one set of runs', async () => {
    const dir = await folderWith(files)
    const { code, stdout } = await anomstack(['backfill', '--json', ...range], { cwd: dir })
    expect(code).toBe(0)
    const reports = JSON.parse(stdout) as RunReport[]
    expect(reports.map(({ run }) => [run.batch, run.status])).toEqual([
      ['shop', 'succeeded'],
      ['store', 'succeeded'],
    ])
    expect(new Set(reports.map(({ run }) => run.parent)).size).toBe(1)
    expect(reports[0]?.run.parent).toMatch(/^backfill-/)
    const again = await anomstack(['backfill', '--json', ...range], { cwd: dir })
    const repeated = JSON.parse(again.stdout) as RunReport[]
    expect(repeated[0]?.run.parent).not.toBe(reports[0]?.run.parent)
  })

  it('goes on with what a process that died had left, and does not repeat what was done', async () => {
    const dir = await folderWith(files)
    const { app } = await openApp(dir)
    const request = { job: 'backfill', trigger: 'manual', params, parent: 'backfill-x' } as const
    const done = await app.orchestrator.runNow(
      { ...request, batch: 'shop' },
      { idempotencyKey: 'backfill-x:shop' },
    )
    await app.orchestrator.enqueue({ ...request, batch: 'store' }, { idempotencyKey: 'backfill-x:store' })
    await app.close(0)

    const { code, stdout } = await anomstack(['backfill', '--json', ...range], { cwd: dir })
    expect(code).toBe(0)
    const reports = JSON.parse(stdout) as RunReport[]
    expect(reports.map(({ run }) => run.parent)).toEqual(['backfill-x', 'backfill-x'])
    expect(reports[0]?.run.id).toBe(done.id)
    expect(reports[1]?.run).toMatchObject({ batch: 'store', status: 'succeeded' })
  })

  it('says how to try again what failed, and that one alone', async () => {
    const broken = batch('broken').replace(/ingest_sql: .*/s, 'ingest_sql: select * from nowhere\n')
    const dir = await folderWith({ 'metrics/shop.yaml': batch('shop'), 'metrics/broken.yaml': broken })
    const { code, stdout } = await anomstack(['backfill', ...range], { cwd: dir })
    expect(code).toBe(1)
    expect(stdout).toContain(
      '2 batches, 1 failed\n`anomstack backfill --batch broken` tries again what failed\n',
    )
    await writeFiles(dir, { 'metrics/broken.yaml': batch('broken') })
    const again = await anomstack(['backfill', '--json', '--batch', 'broken', ...range], { cwd: dir })
    expect(again.code).toBe(0)
    expect((JSON.parse(again.stdout) as RunReport[]).map(({ run }) => run.batch)).toEqual(['broken'])
  })

  it('is done by a server that runs', async () => {
    const dir = await folderWith(files)
    const server = await startServer(dir)
    try {
      const { code, stdout, stderr } = await anomstack(['backfill', '--json', ...range], { cwd: dir })
      expect(stderr).toContain(`through the server that is running, ${server.url}`)
      expect(code).toBe(0)
      const reports = JSON.parse(stdout) as RunReport[]
      expect(new Set(reports.map(({ run }) => run.batch))).toEqual(new Set(['shop', 'store']))
      expect(new Set(reports.map(({ run }) => run.parent)).size).toBe(1)
    } finally {
      await server.stop()
    }
  })
})

describe('backfill --preview', () => {
  it('says how much of each batch would be replayed, and writes nothing', async () => {
    const dir = await folderWith(files)
    const before = await openApp(dir)
    for (const name of ['shop', 'store']) await before.run('ingest', name, NOON)
    await before.app.close(0)

    const { code, stdout } = await anomstack(['backfill', '--preview', '--json', ...range], { cwd: dir })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { batch: 'shop', metrics: 1, points: 100, from: FROM, to: NOON - HOUR },
      { batch: 'store', metrics: 1, points: 100, from: FROM, to: NOON - HOUR },
    ])
    const shown = await anomstack(['backfill', '--preview', '--batch', 'shop', ...range], { cwd: dir })
    expect(shown.stdout).toMatch(/shop +│ +1 │ +100 │ 2025-06-12 08:00 │ 2025-06-16 11:00 │ +1 s/)

    const { app, points } = await openApp(dir)
    expect((await points('shop', 'orders', 'score')).timestamps).toHaveLength(0)
    expect(await app.control.runs.list({ job: 'backfill', limit: 10 })).toEqual([])
  })
})
