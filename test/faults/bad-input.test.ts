import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { formatFault } from '../../src/config/faults.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from '../jobs/series.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { sharedProject } from './shared-project.ts'

const COUNT = 40
const good = { 'good.yaml': batchYaml('good'), 'good.sql': valuesSql(calm(COUNT)) }

const row = (at: string, value: string, name = 'm') =>
  `select ${at} as metric_timestamp, '${name}' as metric_name, ${value} as metric_value`

const project = sharedProject(good)

/** Runs the pipelines of a bad batch and of the good one beside it, on which nothing may rub off. */
async function runBeside(batch: string) {
  const [bad, fine] = await Promise.all([
    project.run('pipeline', batch, justAfter(COUNT)),
    project.run('pipeline', 'good', justAfter(COUNT)),
  ])
  expect(fine.status).toBe('succeeded')
  expect((await project.points('good', 'm', 'score')).timestamps.length).toBeGreaterThan(0)
  return bad
}

describe('a batch file that cannot be read', () => {
  const files: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    malformed: ['metric_batch: bad\ndb: [sqlite\ningest_sql: select 1\n', /^malformed\.yaml:\d+:\d+: /m],
    unknown: [
      'metric_batch: bad\ndb: sqlite\ningest_sqll: select 1\n',
      /^unknown\.yaml:3:1: .*ingest_sqll.*did you mean ingest_sql\?/m,
    ],
    tab: ['metric_batch: bad\npreprocess_params:\n\tdiff_n: 1\n', /^tab\.yaml:3:\d+: /m],
    empty: ['', /^empty\.yaml.*: /m],
    list: ['- metric_batch: bad\n', /^list\.yaml:1:1: /m],
  }

  it('is named with file, line and column, all at once; the batch beside them runs', async () => {
    const dir = await createProject({
      ...good,
      ...Object.fromEntries(Object.entries(files).map(([name, [text]]) => [`${name}.yaml`, text])),
    })
    const { app, run } = await openApp(dir)
    expect([...app.project.batches.keys()]).toEqual(['good'])
    const faults = app.project.faults.map(formatFault).join('\n')
    for (const [, message] of Object.values(files)) expect(faults).toMatch(message)
    expect((await run('pipeline', 'good', justAfter(COUNT))).status).toBe('succeeded')
  })
})

describe('what a query returns', () => {
  const of = (...rows: readonly string[]) => project.batch(rows.join(' union all '))
  const batches = {
    refused: of('selec 1'),
    empty: of(`${row('1', '1')} limit 0`),
    columns: of('select 1 as metric_timestamp, 2 as value'),
    values: of(
      row(`${START}`, '1'),
      row(`${START + MINUTE}`, "'abc'"),
      row(`${START + 2 * MINUTE}`, '9e999'),
      row(`${START + 3 * MINUTE}`, '-9e999'),
      row(`${START + 4 * MINUTE}`, "'NaN'"),
      row(`${START + 5 * MINUTE}`, 'null'),
      row(`${START + 6 * MINUTE}`, "' 7.5 '"),
      row("'yesterday-ish'", '8'),
      row('null', '9'),
    ),
    useless: of(row(`${START}`, "'abc'"), row(`${START + 1}`, "'def'")),
    unordered: of(...[3, 1, 2, 1, 0].map((minute, index) => row(`${START + minute * MINUTE}`, `${index}`))),
    zones: project.batch(
      [
        row("'2024-01-01T00:00:00Z'", '1'),
        row("'2024-01-01 03:00:00+02:00'", '2'),
        row("'2024-01-01 03:00:00'", '3'),
        row("'2023-12-31T22:00:00-05:00'", '4'),
      ].join(' union all '),
      'time_zone: Europe/Berlin\n',
    ),
    mixed: of(
      valuesSql([5], { name: 'lone' }),
      valuesSql(new Array<number>(COUNT).fill(3), { name: 'flat' }),
      valuesSql(calm(COUNT), { name: 'usual' }),
    ),
    extreme: of(
      valuesSql([...calm(COUNT - 3), 1.7e308, -1.7e308, 5e-324]),
      valuesSql(calm(COUNT), { name: 'ok' }),
    ),
  }

  it('an SQL error fails its run alone, which names batch and file and keeps the words of the engine', async () => {
    const bad = await runBeside(batches.refused)
    expect(bad).toMatchObject({ status: 'failed', error: { code: 'QUERY_FAILED' } })
    expect(bad.error?.message).toMatch(/^batch "b\d+", b\d+\.sql: .*syntax error/)
  })

  it('no rows are no failure, and are said', async () => {
    const bad = await runBeside(batches.empty)
    expect(bad.status).toBe('succeeded')
    expect(bad.logs).toContain(`batch "${batches.empty}": ingest found no rows`)
  })

  it('a missing column is named, with those that there are', async () => {
    const bad = await runBeside(batches.columns)
    expect(bad.error?.message).toMatch(
      /^batch "b\d+", b\d+\.sql: the rows have no metric_name, no metric_value; they have: metric_timestamp, value/,
    )
  })

  it('texts, infinities and NaN are left out and named; the other rows stay', async () => {
    const bad = await runBeside(batches.values)
    expect(bad.status).toBe('succeeded')
    expect(Array.from((await project.points(batches.values, 'm', 'metric')).values)).toEqual([1, 7.5])
    for (const word of ['"abc"', '"NaN"', 'Infinity|null', '"yesterday-ish"'])
      expect(bad.logs.join('\n')).toMatch(new RegExp(`batch "b\\d+", b\\d+\\.sql: metric "m": .*(${word})`))
    expect(bad.logs).toContain('rows without a value were left out')
  })

  it('when no row can be used, the run fails and says why', async () => {
    const bad = await runBeside(batches.useless)
    expect(bad).toMatchObject({ status: 'failed', error: { code: 'ROWS_INVALID' } })
    expect(bad.error?.message).toMatch(/^batch "b\d+", b\d+\.sql: none of 2 rows can be used: .*"abc"/)
  })

  it('unordered and duplicate timestamps are one ascending series; what was joined is said', async () => {
    const bad = await runBeside(batches.unordered)
    const kept = await project.points(batches.unordered, 'm', 'metric')
    expect(Array.from(kept.timestamps, (at) => (at - START) / MINUTE)).toEqual([0, 1, 2, 3])
    expect(Array.from(kept.values)).toEqual([4, 2, 2, 0])
    expect(bad.logs.join('\n')).toMatch(/metric "m": several rows for one timestamp/)
  })

  it('mixed time zones are one time line; times without one are of the batch’s', async () => {
    await runBeside(batches.zones)
    const kept = await project.points(batches.zones, 'm', 'metric')
    expect(Array.from(kept.timestamps, (at) => (at - START) / (60 * MINUTE))).toEqual([0, 1, 2, 3])
    expect(Array.from(kept.values)).toEqual([1, 2, 3, 4])
  })

  it('a metric with one point, and one that never changes, are no trouble beside others', async () => {
    const bad = await runBeside(batches.mixed)
    expect(bad.status).toBe('succeeded')
    expect(bad.logs).toContain('metric "lone" is learning, 1 of 14 points')
    expect(new Set((await project.points(batches.mixed, 'flat', 'score')).values)).toEqual(new Set([0]))
    expect((await project.points(batches.mixed, 'usual', 'score')).timestamps.length).toBeGreaterThan(0)
    expect(await project.app().control.alerts.list({ metric: 'flat', limit: 10 })).toEqual([])
  })

  it('values at the ends of what a number can hold do not break scoring', async () => {
    const bad = await runBeside(batches.extreme)
    expect((await project.points(batches.extreme, 'ok', 'score')).timestamps.length).toBeGreaterThan(0)
    for (const score of (await project.points(batches.extreme, 'm', 'score')).values) {
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1)
    }
    expect(bad.error?.message ?? 'metric "m"').toMatch(/metric "m"/)
  })
})

describe('a database that is not there', () => {
  it('fails the runs of its batches, which name the batch and tell no secret; the others run', async () => {
    const kinds = ['folder', 'text', 'nobody']
    const dir = await createProject({
      ...good,
      'anomstack.yaml': `connections:
  folder: {kind: sqlite, path: .}
  text: {kind: duckdb, path: text.duckdb}
  nobody: {kind: postgres, url: 'postgres://user:s3cret@127.0.0.1:${await closedPort()}/db'}
`,
      'text.duckdb': 'this is no database',
      ...Object.fromEntries(
        kinds.map((db) => [`${db}.yaml`, `metric_batch: ${db}\ndb: ${db}\ningest_sql: select 1\n`]),
      ),
    })
    const { run } = await openApp(dir)
    const fine = run('pipeline', 'good', justAfter(COUNT))
    for (const db of kinds) {
      const bad = await run('ingest', db, justAfter(COUNT))
      expect(bad).toMatchObject({ status: 'failed', error: { code: 'CONNECTION_FAILED' } })
      expect(bad.error?.message).toMatch(new RegExp(`^batch "${db}"`))
      expect((await run('pipeline', db, justAfter(COUNT))).error?.message).toMatch(`batch "${db}"`)
      expect(JSON.stringify(bad)).not.toContain('s3cret')
    }
    expect((await fine).status).toBe('succeeded')
  })
})

describe('a full disk', () => {
  it('keeps what was there, writes nothing by halves, says so, and goes on when there is room', async () => {
    const yaml = (megabytes: number) =>
      `connections:\n  small: {kind: sqlite, path: small.db, max_megabytes: ${megabytes}}\n`
    const batch = (sql: string) => ({
      'big.yaml': `metric_batch: big\ndb: small\nalert_methods: console\ningest_sql: >\n  ${sql}\n`,
    })
    const many = (count: number) =>
      `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1}) select ${START} + i * 60000 as metric_timestamp, 'm' as metric_name, i % 7 as metric_value from n`
    const dir = await createProject({ 'anomstack.yaml': yaml(0.2), ...batch(many(50)) })
    const first = await openApp(dir)
    expect((await first.run('ingest', 'big', justAfter(50))).status).toBe('succeeded')
    await first.app.close(0)

    await writeFiles(dir, batch(many(20_000)))
    const full = await openApp(dir)
    const ended = await full.run('ingest', 'big', justAfter(20_000))
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'WRITE_FAILED' } })
    expect(ended.error?.message).toMatch(/^batch "big": .*disk is full/)
    expect((await full.points('big', 'm', 'metric')).timestamps).toHaveLength(50)
    await full.app.close(0)

    await writeFiles(dir, { 'anomstack.yaml': yaml(50) })
    const roomy = await openApp(dir)
    expect((await roomy.run('ingest', 'big', justAfter(20_000))).status).toBe('succeeded')
    expect((await roomy.points('big', 'm', 'metric')).timestamps).toHaveLength(20_000)
  })
})

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
