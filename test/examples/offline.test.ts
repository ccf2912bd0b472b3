import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { ingest, projectWith } from './example-project.ts'

let postgres: TestPostgres

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

const OF_USERS = ['ireland', 'usa', 'eu'].flatMap((region) =>
  ['total', 'active', 'active_rate'].map((what) => `users_${what}_${region}`),
)

/** Names of metrics, and the range that their values lie in. */
const EXAMPLES: Readonly<Record<string, readonly [readonly string[], number]>> = {
  example_simple: [['metric_1', 'metric_2'], 1],
  example_jinja: [['metric_1', 'metric_2', 'metric_3'], 1],
  example_sql_file: [['metric_1', 'metric_2'], 1],
  sales: [['sales_pipeline_deals_created', 'sales_pipeline_deals_sold', 'sales_pipeline_success_rate'], 10],
  users: [OF_USERS, 2_000],
}

describe.each(['sqlite', 'duckdb', 'postgres'])('on %s', (db) => {
  it.each(Object.entries(EXAMPLES))('%s ingests new numbers', async (name, [metrics, highest]) => {
    const dir = await projectWith([name], {
      'metrics/defaults/defaults.yaml': `db: ${db}\n`,
      '.env': `ANOMSTACK_POSTGRES_URL=${await postgres.createDatabase()}\n`,
    })
    const since = Date.now()
    const first = await ingest(dir, name)
    expect([first.run.status, first.run.logs]).toEqual(['succeeded', []])
    expect(Object.keys(first.metrics).sort()).toEqual([...metrics].sort())
    const values = Object.values(first.metrics).map(([point]) => point!.value)
    expect(new Set(values).size).toBe(values.length)
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThanOrEqual(highest)
    }
    // The time is that of the reading, to the second; no time zone has crept in.
    for (const [point] of Object.values(first.metrics))
      expect(Math.abs(Date.parse(point!.time) - since)).toBeLessThan(60_000)
  })
})

describe('numbers', () => {
  it('of one row belong together', async () => {
    const dir = await projectWith(['sales', 'users'])
    const sales = (await ingest(dir, 'sales')).metrics
    const value = (metric: string) => sales[`sales_pipeline_${metric}`]![0]!.value
    expect(value('success_rate')).toBeCloseTo(value('deals_sold') / value('deals_created'), 2)
    const users = (await ingest(dir, 'users')).metrics
    for (const region of ['ireland', 'usa', 'eu']) {
      const of = (what: string) => users[`users_${what}_${region}`]![0]!.value
      expect(of('active_rate')).toBeCloseTo(of('active') / of('total'), 1)
    }
  })

  it('have the time of their reading wherever the project is', async () => {
    const dir = await projectWith(['example_simple'], {
      'metrics/defaults/defaults.yaml': 'db: sqlite\ntime_zone: Asia/Tokyo\n',
    })
    const since = Date.now()
    const { metrics } = await ingest(dir, 'example_simple')
    expect(Math.abs(Date.parse(metrics.metric_1![0]!.time) - since)).toBeLessThan(60_000)
  })
})

it('s3_example_simple reads DuckDB once its models have a place', async () => {
  const dir = await projectWith(['s3_example_simple'])
  const file = path.join(dir, 'metrics/examples/s3_example_simple/s3_example_simple.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('s3://your-bucket/models', 'local://./models'))
  const { run, metrics } = await ingest(dir, 's3_example_simple')
  expect(run.status).toBe('succeeded')
  expect(Object.keys(metrics).sort()).toEqual(['metric_1', 'metric_2', 'metric_3'])
})
