import { describe, expect, it } from 'vitest'
import type { BatchList } from '../../src/cli/batches.ts'
import { anomstack, folderWith } from './command.ts'

const SALES = `metric_batch: sales
data_source: warehouse
table_key: shop.metrics
schedule: "*/10 * * * *"
time_zone: Europe/Berlin
disable_change: true
overdue_after_n: 3
overlap: queue
metric_tags: { orders: { team: shop } }
ingest_sql: select 1
`
const PARTS = `metric_batch: parts
db: sqlite
train_default_schedule_status: RUNNING
train_cron_schedule: "0 9 * * 1-5"
disable_score: true
ingest_sql: select 1
`
const PROJECT = `connections:
  warehouse:
    kind: postgres
    url: postgres://reader:s3cret@127.0.0.1:1/shop
`
const FILES = {
  'anomstack.yaml': PROJECT,
  'metrics/sales.yaml': SALES,
  'metrics/parts.yaml': PARTS,
  'metrics/closed.yaml': 'metric_batch: closed\ndisable_batch: true\ningest_sql: select 1\n',
  'metrics/bad.yaml': 'metric_batch: bad\nalert_treshold: 1\ningest_sql: select 1\n',
}

async function list(files: Readonly<Record<string, string>>): Promise<BatchList> {
  const { code, stdout, stderr } = await anomstack(['batches', '--json'], { cwd: await folderWith(files) })
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as BatchList
}

describe('batches', () => {
  it('gives each batch with its database, jobs and schedules as JSON, and the faults of those that cannot run', async () => {
    const answer = await list(FILES)
    expect(answer.version).toBe(1)
    expect(answer.batches.map(({ name }) => name)).toEqual(['parts', 'sales'])
    const [parts, sales] = answer.batches
    expect(sales).toMatchObject({
      file: 'metrics/sales.yaml',
      database: { connection: 'warehouse', kind: 'postgres' },
      table: 'shop.metrics',
      tags: { orders: { team: 'shop' } },
      overdueAfterPeriods: 3,
    })
    expect(sales?.schedules.filter(({ job }) => job !== 'delete')).toEqual([
      {
        job: 'pipeline',
        cron: '*/10 * * * *',
        timeZone: 'Europe/Berlin',
        running: true,
        overlap: 'queue',
        periodSeconds: 600,
      },
    ])
    expect(parts?.schedules.map(({ job, running }) => [job, running])).toEqual(
      expect.arrayContaining([
        ['ingest', false],
        ['train', true],
      ]),
    )
    expect(parts?.schedules.find(({ job }) => job === 'train')).toMatchObject({
      cron: '0 9 * * 1-5',
      overlap: 'skip',
      periodSeconds: 3 * 86_400,
    })
    expect(answer.faults).toMatchObject([
      { file: 'metrics/bad.yaml', batch: 'bad', suggestion: 'alert_threshold' },
    ])
    expect(JSON.stringify(answer)).not.toContain('s3cret')
  })

  it('says of each job what it makes of what, and which are switched off', async () => {
    const [batch] = (await list({ 'metrics/parts.yaml': PARTS })).batches
    const jobs = new Map(batch?.jobs.map((one) => [one.job, one]))
    expect(jobs.get('train')).toMatchObject({ enabled: true, makes: 'models', after: ['ingest'] })
    expect(jobs.get('score')).toMatchObject({ enabled: false, makes: 'scores', after: ['ingest', 'train'] })
    expect(jobs.get('delete')).toMatchObject({ enabled: true, after: [] })
    expect(jobs.get('delete')).not.toHaveProperty('makes')
    expect(jobs.has('pipeline')).toBe(true)
    expect(jobs.has('backfill')).toBe(false)
  })

  it('lists what is of the whole project apart', async () => {
    const { jobs, schedules } = await list({ 'metrics/parts.yaml': PARTS })
    expect(jobs.map(({ job }) => job)).toEqual(['summary', 'retention'])
    expect(new Set(schedules.map(({ job }) => job))).toContain('retention')
  })

  it('says the same every time, and opens nothing', async () => {
    const [one, two] = await Promise.all([list(FILES), list(FILES)])
    expect({ ...two, project: '' }).toEqual({ ...one, project: '' })
  })

  it('is a list for people otherwise', async () => {
    const { code, stdout, stderr } = await anomstack(['batches'], { cwd: await folderWith(FILES) })
    expect(code).toBe(0)
    expect(stderr).toContain('metrics/bad.yaml:2:1: error: unknown key "alert_treshold"')
    expect(stdout).toContain('sales metrics/sales.yaml, warehouse\n')
    expect(stdout).toMatch(/^ {2}pipeline +\*\/10 \* \* \* \* +Europe\/Berlin +running$/m)
    expect(stdout).toMatch(/^ {2}ingest +\*\/3 \* \* \* \* +UTC +stopped$/m)
    expect(stdout).not.toContain('\u001b')
  })

  it('points to init where there is no batch', async () => {
    const dir = await folderWith()
    const { code, stdout } = await anomstack(['batches'], { cwd: dir })
    expect(code).toBe(0)
    expect(stdout).toContain('anomstack init')
    expect((await list({})).batches).toEqual([])
  })
})
