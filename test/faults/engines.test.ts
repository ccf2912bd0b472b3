import { afterAll, beforeAll, expect, it } from 'vitest'
import { batchYaml, calm, justAfter, MINUTE, valuesSql } from '../jobs/series.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { createProject, openApp, writeFiles } from '../project.ts'

const NAMES = ['m', 'Größe/"µ" 🚀', 'flat']
const TYPES = ['metric', 'score', 'alert', 'tholdalert', 'change'] as const
const COUNT = 80

let server: TestPostgres

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const spiked = calm(COUNT + 4).map((value, index) => (index === COUNT ? value + 70 : value))
const flat = new Array<number>(COUNT + 4).fill(12.5)

function sql(count: number, restated = 0): string {
  const values = spiked
    .map((value, index) => (index === COUNT - 2 ? value + restated : value))
    .slice(0, count)
  return NAMES.map((name) => valuesSql(name === 'flat' ? flat.slice(0, count) : values, { name })).join(
    ' union all ',
  )
}

/** The pipeline through a spike and a restated value; what it leaves in the tables and in the control database. */
async function scenario(kind: string, options: Readonly<Record<string, string>>) {
  const dir = await createProject({
    'anomstack.yaml': `connections:\n  engine: ${JSON.stringify({ kind, ...options })}\n`,
    'a.yaml': batchYaml(
      'a',
      `disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 150}}\n`,
    ).replace('db: sqlite', 'db: engine'),
    'a.sql': sql(COUNT),
  })
  const { app, run, points } = await openApp(dir)
  expect(await run('pipeline', 'a', justAfter(COUNT))).toMatchObject({ status: 'succeeded' })
  for (let count = COUNT + 1; count <= COUNT + 4; count++) {
    await writeFiles(dir, { 'a.sql': sql(count, count > COUNT + 2 ? 3 : 0) })
    expect(await run('pipeline', 'a', justAfter(count))).toMatchObject({ status: 'succeeded' })
  }
  expect(await run('pipeline', 'a', justAfter(COUNT + 4) + MINUTE)).toMatchObject({ status: 'succeeded' })
  const tables = []
  for (const name of NAMES)
    for (const type of TYPES) {
      const { timestamps, values, metadata } = await points('a', name, type)
      tables.push({ name, type, timestamps: [...timestamps], values: [...values], metadata })
    }
  const alerts = (await app.control.alerts.list({ limit: 100 }))
    .map(({ metric, kind, timestamp, value, score, reason }) => ({
      metric,
      kind,
      timestamp,
      value,
      score,
      reason,
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return { tables, alerts }
}

it('SQLite, DuckDB and PostgreSQL end with identical values, scores, reasons and alerts', async () => {
  const sqlite = await scenario('sqlite', { path: 'metrics.db' })
  expect(new Set(sqlite.alerts.map(({ kind }) => kind))).toEqual(new Set(['anomaly', 'threshold', 'change']))
  expect(new Set(sqlite.alerts.map(({ metric }) => metric))).toEqual(new Set(NAMES.slice(0, 2)))
  expect(await scenario('duckdb', { path: 'metrics.duckdb' })).toEqual(sqlite)
  expect(await scenario('postgres', { url: await server.createDatabase() })).toEqual(sqlite)
}, 240_000)
