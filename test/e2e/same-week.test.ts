import type { ChildProcess } from 'node:child_process'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { createProject } from '../project.ts'
import { killed, query, startWorker } from './spread.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 0, 1)
/** Two weeks to learn from, and the week that is judged. */
const LEARNED = 14 * 24
const WEEK = 7 * 24
const EVERY = 12

let postgres: TestPostgres
const apps: App[] = []
const workers: ChildProcess[] = []

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())
afterEach(async () => {
  await Promise.all(workers.splice(0).map(killed))
  for (const app of apps.splice(0)) await app.close(0)
})

/** Days of a shop: a daily rhythm, and for each metric one hour of trouble in the week that is judged. */
function readings(): [at: number, name: string, value: number][] {
  const rows: [number, string, number][] = []
  for (let metric = 0; metric < 5; metric++)
    for (let hour = 0; hour < LEARNED + WEEK; hour++) {
      const rhythm = 100 + 20 * Math.sin((hour / 24) * 2 * Math.PI) + 3 * Math.sin(hour * 1.7 + metric)
      const trouble = hour === LEARNED + 20 + metric * 25 ? 400 : 0
      rows.push([START + hour * HOUR, `m${metric}`, Math.round((rhythm + trouble) * 100) / 100])
    }
  return rows
}

/** A project on a metrics database of its own. */
async function openProject(databaseUrl: string | undefined) {
  const metricsUrl = await postgres.createDatabase()
  await query(metricsUrl, 'create table readings (at timestamptz, name text, value float8)')
  const rows = readings()
  await query(
    metricsUrl,
    'insert into readings select to_timestamp(t / 1000.0), n, v from unnest($1::float8[], $2::text[], $3::float8[]) as r(t, n, v)',
    [rows.map(([at]) => at), rows.map(([, name]) => name), rows.map(([, , value]) => value)],
  )
  const batch = (name: string, more: string) => `metric_batch: ${name}
db: warehouse
alert_methods: ''
ingest_sql: select at as metric_timestamp, name as metric_name, value as metric_value from readings
train_cron_schedule: '0 0 * * *'
alert_threshold: 0.7
${more}`
  const dir = await createProject({
    'anomstack.yaml': `server: {threads: 1}\nconnections:\n  warehouse: {kind: postgres, url: "${metricsUrl}"}\n`,
    'metrics/whole.yaml': batch('whole', ''),
    'metrics/parts.yaml': batch('parts', 'fan_out_n: 2\n'),
    ...(databaseUrl === undefined ? {} : { '.env': `ANOMSTACK_DATABASE_URL=${databaseUrl}\n` }),
  })
  const app = await createApp(dir, { logger: () => silentLogger })
  apps.push(app)
  expect(app.project.faults).toEqual([])
  return { app, dir, metricsUrl }
}

/** The week in ticks, each pipeline to its end before the next; and what it left. */
async function liveThrough({ app, metricsUrl }: { readonly app: App; readonly metricsUrl: string }) {
  for (let hour = LEARNED; hour <= LEARNED + WEEK; hour += EVERY) {
    const at = START + hour * HOUR
    const queued = await Promise.all(
      ['whole', 'parts'].map((batch) =>
        app.orchestrator.enqueue({ job: 'pipeline', batch, trigger: 'manual', params: { at } }),
      ),
    )
    for (const { run } of queued)
      expect(await app.orchestrator.wait(run.id)).toMatchObject({ status: 'succeeded' })
  }
  const rows = await query(
    metricsUrl,
    'select metric_batch, metric_name, metric_type, metric_timestamp, metric_value, metadata from metrics order by 1, 2, 3, 4',
  )
  const alerts = await app.control.alerts.list({ limit: 1_000 })
  return {
    rows: rows.map((row) => JSON.stringify(row)),
    alerts: alerts.map((alert) => JSON.stringify({ ...alert, id: '' })).sort(),
  }
}

const withoutBatch = (lines: readonly string[], batch: string) =>
  lines.filter((line) => line.includes(`"${batch}"`)).map((line) => line.replaceAll(`"${batch}"`, '"batch"'))

it('one process, one worker on DBOS and three of them leave the same rows and alerts, in one piece or fanned out', async () => {
  const local = await openProject(undefined)
  await local.app.orchestrator.start({ concurrency: 4 })
  const expected = await liveThrough(local)
  expect(expected.alerts.length).toBeGreaterThanOrEqual(5)
  expect(withoutBatch(expected.rows, 'parts')).toEqual(withoutBatch(expected.rows, 'whole'))

  for (const count of [1, 3]) {
    const spread = await openProject(await postgres.createDatabase())
    for (let index = 0; index < count; index++) workers.push(await startWorker(spread.dir))
    const left = await liveThrough(spread)
    expect(left.rows).toEqual(expected.rows)
    expect(left.alerts).toEqual(expected.alerts)
  }
}, 600_000)
