import { describe, expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, justAfter, MINUTE, START } from './series.ts'

const orders = (rows: readonly string[]) =>
  `select * from (with v(metric_timestamp, metric_name, country, email, metric_value, metadata) as (values ${rows.join(', ')}) select * from v) as s`

const ROWS = [
  `(${START}, 'orders', 'IE', 'joe@example.test', 10, '{"by":"joe@example.test"}')`,
  `(${START}, 'orders', 'US', 'ann@example.test', 30, null)`,
  `(${START}, 'orders', null, 'ann@example.test', 2, null)`,
]

/** Everything that a run has left behind, as one text. */
async function traces({ app, run }: Awaited<ReturnType<typeof openApp>>): Promise<string> {
  const ended = await run('ingest', 'a', justAfter(1))
  const batch = app.project.batches.get('a')!
  const rows = await app.database(batch).query('select * from metrics order by metric_name')
  return JSON.stringify([ended, rows])
}

describe('dimensions', () => {
  it('make a metric of each combination, with thresholds, tags and exclusions of the metric as a whole', async () => {
    const more =
      'dimensions: [country]\ndisable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {orders: {upper: 20}}\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': orders(ROWS) })
    const { app, run, points } = await openApp(dir)
    expect((await run('ingest', 'a', justAfter(1))).status).toBe('succeeded')
    expect([...(await points('a', 'orders{country=US}', 'metric')).values]).toEqual([30])
    expect([...(await points('a', 'orders{country=}', 'metric')).values]).toEqual([2])
    const alerts = await app.control.alerts.list({ limit: 10 })
    expect(alerts.map(({ metric, kind }) => [metric, kind])).toEqual([['orders{country=US}', 'threshold']])
  })

  it('beyond the cap are left out, told of, and never take the place of those that are there', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'dimensions: [country]\ndimensions_max_n: 2\n'),
      'a.sql': orders(ROWS.slice(2)),
    })
    const { run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(1))
    await writeFiles(dir, { 'a.sql': orders(ROWS) })
    const ended = await run('ingest', 'a', justAfter(1))
    expect(ended.logs.join('\n')).toContain(
      'metric "orders" has more than dimensions_max_n (2) combinations of dimensions: 1 were left out, among them orders{country=IE};',
    )
    expect(ended.steps.find(({ name }) => name === 'write')?.result).toEqual({ rows: 2, left_out: 1 })
    expect((await points('a', 'orders{country=}', 'metric')).values.length).toBe(1)
    expect((await points('a', 'orders{country=IE}', 'metric')).values.length).toBe(0)
  })
})

describe('anonymizing', () => {
  it('hides everywhere: in the table, the records and the logs', async () => {
    const more = [
      'dimensions: [email]',
      'anonymize:',
      '  - {columns: [email], how: hash}',
      "  - {pattern: '[a-z]+@[a-z.]+', how: mask}",
    ].join('\n')
    const project = {
      'anomstack.yaml': 'server: {anonymize_key: "0123456789abcdef"}\n',
      'metrics/a.yaml': batchYaml('a', more),
    }
    const dir = await createProject({ ...project, 'metrics/a.sql': orders(ROWS.slice(0, 2)) })
    const left = await traces(await openApp(dir))
    expect(left).toContain('"rows":2')
    expect(left).toMatch(/orders\{email=[0-9a-f]{16}\}/)
    expect(left).toContain('{\\"by\\":\\"***\\"}')
    expect(left).not.toContain('example.test')

    const wrong = await createProject({
      ...project,
      'metrics/a.sql': `select * from nowhere where email = 'joe@example.test'; select "joe@example.test" from (select 1)`,
    })
    const failed = await traces(await openApp(wrong)).catch((error: unknown) => String(error))
    expect(failed).not.toContain('example.test')
  })

  it('hides what functions print and throw', async () => {
    const dir = await createProject({
      'a.yaml':
        "metric_batch: a\ndb: sqlite\nanonymize: [{pattern: '[a-z]+@[a-z.]+', how: mask}]\ningest_fn: '{% include \"./a.js\" %}'\n",
      'a.js':
        "export function ingest() { console.log('reading joe@example.test'); throw new Error('no joe@example.test') }",
    })
    const { run } = await openApp(dir)
    const ended = await run('ingest', 'a', START)
    expect(ended.status).toBe('failed')
    expect(ended.logs).toContain('reading ***')
    expect(ended.error?.message).toContain('no ***')
    expect(JSON.stringify(ended)).not.toContain('example.test')
  })

  it('refuses to mix values of different metrics', async () => {
    const more = 'dimensions: [country]\nanonymize: [{columns: [country], how: mask}]\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': orders(ROWS.slice(0, 2)) })
    const { run } = await openApp(dir)
    const ended = await run('ingest', 'a', justAfter(1))
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toContain('values of different metrics have one name and time')
  })

  it('needs a key for hashes', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'anonymize: [{columns: [metric_name], how: hash}]\n'),
      'a.sql': orders(ROWS),
    })
    const { app } = await openApp(dir)
    expect(app.project.faults.map(({ message }) => message)).toEqual([
      'anonymize: hash needs a secret key of at least 16 characters: set ANOMSTACK_ANONYMIZE_KEY',
    ])
  })
})

describe('ingest_db', () => {
  it('is read in place of db, which holds the metrics table', async () => {
    const dir = await createProject({
      'anomstack.yaml': 'connections: {shop: {kind: sqlite, path: shop.db}}\n',
      'metrics/a.yaml': batchYaml('a', 'ingest_db: shop\n'),
      'metrics/a.sql': `create table if not exists seen (n integer); insert into seen values (1); select ${START + MINUTE} as metric_timestamp, 'm' as metric_name, count(*) as metric_value from seen`,
    })
    const { app, run, points } = await openApp(dir)
    expect((await run('ingest', 'a', justAfter(2))).status).toBe('succeeded')
    expect((await points('a', 'm', 'metric')).values.length).toBe(1)
    const batch = app.project.batches.get('a')!
    const tables = await app.database(batch).query("select name from sqlite_master where type = 'table'")
    expect(tables.map(({ name }) => name)).toEqual(['metrics'])
  })
})

describe('sql_dialect', () => {
  const translated = (sql: string) =>
    createProject({
      'a.yaml': batchYaml('a', 'sql_dialect: bigquery\n').replace('db: sqlite', 'db: duckdb'),
      'a.sql': sql,
    })

  it('has the query translated for the database that answers it', async () => {
    const sql =
      "select timestamp_trunc(timestamp('2024-01-01 10:11:12'), day) as metric_timestamp, 'm' as metric_name, safe_cast('7' as int64) as metric_value"
    const { run, points } = await openApp(await translated(sql))
    expect(await run('ingest', 'a', START)).toMatchObject({ status: 'succeeded' })
    expect(await points('a', 'm', 'metric')).toMatchObject({ values: Float64Array.of(7) })
  })

  it('checks the translation before it is run, and shows it', async () => {
    const { run } = await openApp(
      await translated('select `a b` from `no such`; create table made (a int64)'),
    )
    const ended = await run('ingest', 'a', START)
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toMatch(
      /translated from bigquery, the query is refused: .*no such.*; it reads: SELECT "a b" FROM "no such"/s,
    )
  })

  it('is refused where no SQL is asked', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'sql_dialect: klingon\n'),
      'a.sql': 'select 1',
    })
    const { app } = await openApp(dir)
    expect(app.project.faults[0]?.message).toContain('sql_dialect: expected one of athena, bigquery')
  })
})
