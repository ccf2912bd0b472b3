import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { formatFault } from '../../src/config/faults.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from '../jobs/series.ts'
import { createProject, openApp, writeFiles } from '../project.ts'

const COUNT = 40
const good = { 'good.yaml': batchYaml('good'), 'good.sql': valuesSql(calm(COUNT)) }

/** Runs the pipelines of a bad batch and of the good one beside it, on which nothing may rub off. */
async function runBoth(files: Readonly<Record<string, string>>) {
  const dir = await createProject({ ...good, ...files })
  const opened = await openApp(dir)
  const [bad, fine] = await Promise.all([
    opened.run('pipeline', 'bad', justAfter(COUNT)),
    opened.run('pipeline', 'good', justAfter(COUNT)),
  ])
  expect(fine.status).toBe('succeeded')
  expect((await opened.points('good', 'm', 'score')).timestamps.length).toBeGreaterThan(0)
  return { ...opened, dir, bad }
}

const row = (at: string, value: string, name = 'm') =>
  `select ${at} as metric_timestamp, '${name}' as metric_name, ${value} as metric_value`

const badBatch = (...rows: readonly string[]) => ({
  'bad.yaml': batchYaml('bad'),
  'bad.sql': rows.join(' union all '),
})

describe('a batch file that cannot be read', () => {
  it.each([
    ['malformed YAML', 'metric_batch: bad\ndb: [sqlite\ningest_sql: select 1\n', /^bad\.yaml:\d+:\d+/],
    [
      'an unknown key',
      'metric_batch: bad\ndb: sqlite\ningest_sqll: select 1\n',
      /^bad\.yaml:3:1: .*ingest_sqll.*did you mean ingest_sql\?/m,
    ],
    ['a tab as indentation', 'metric_batch: bad\npreprocess_params:\n\tdiff_n: 1\n', /^bad\.yaml:3:\d+/],
    ['nothing in it', '', /^bad\.yaml/],
    ['a list', '- metric_batch: bad\n', /^bad\.yaml:1:1/],
  ])('%s is named with file, line and column; the batch beside it runs', async (_, text, message) => {
    const dir = await createProject({ ...good, 'bad.yaml': text })
    const { app, run } = await openApp(dir)
    expect([...app.project.batches.keys()]).toEqual(['good'])
    expect(app.project.faults.map(formatFault).join('\n')).toMatch(message)
    expect((await run('pipeline', 'good', justAfter(COUNT))).status).toBe('succeeded')
  })
})

describe('what a query returns', () => {
  it('an SQL error fails its run alone, which names batch and file and keeps the words of the engine', async () => {
    const { bad } = await runBoth(badBatch('selec 1'))
    expect(bad).toMatchObject({ status: 'failed', error: { code: 'QUERY_FAILED' } })
    expect(bad.error?.message).toMatch(/^batch "bad", bad\.sql: .*syntax error/)
  })

  it('no rows are no failure, and are said', async () => {
    const { bad } = await runBoth(badBatch(`${row('1', '1')} limit 0`))
    expect(bad.status).toBe('succeeded')
    expect(bad.logs).toContain('batch "bad": ingest found no rows')
  })

  it('a missing column is named, with those that there are', async () => {
    const { bad } = await runBoth(badBatch(`select 1 as metric_timestamp, 2 as value`))
    expect(bad.error?.message).toMatch(
      /^batch "bad", bad\.sql: the rows have no metric_name, no metric_value; they have: metric_timestamp, value/,
    )
  })

  it('texts, infinities and NaN are left out and named; the other rows stay', async () => {
    const { bad, points } = await runBoth(
      badBatch(
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
    )
    expect(bad.status).toBe('succeeded')
    const kept = await points('bad', 'm', 'metric')
    expect(Array.from(kept.values)).toEqual([1, 7.5])
    for (const word of ['"abc"', '"NaN"', 'Infinity|null', '"yesterday-ish"'])
      expect(bad.logs.join('\n')).toMatch(new RegExp(`batch "bad", bad\\.sql: metric "m": .*(${word})`))
    expect(bad.logs).toContain('rows without a value were left out')
  })

  it('when no row can be used, the run fails and says why', async () => {
    const { bad } = await runBoth(badBatch(row(`${START}`, "'abc'"), row(`${START + 1}`, "'def'")))
    expect(bad).toMatchObject({ status: 'failed', error: { code: 'ROWS_INVALID' } })
    expect(bad.error?.message).toMatch(/^batch "bad", bad\.sql: none of 2 rows can be used: .*"abc"/)
  })

  it('unordered and duplicate timestamps are one ascending series; what was joined is said', async () => {
    const { bad, points } = await runBoth(
      badBatch(...[3, 1, 2, 1, 0].map((minute, index) => row(`${START + minute * MINUTE}`, `${index}`))),
    )
    const kept = await points('bad', 'm', 'metric')
    expect(Array.from(kept.timestamps, (at) => (at - START) / MINUTE)).toEqual([0, 1, 2, 3])
    expect(Array.from(kept.values)).toEqual([4, 2, 2, 0])
    expect(bad.logs.join('\n')).toMatch(/metric "m": several rows for one timestamp/)
  })

  it('mixed time zones are one time line; times without one are of the batch’s', async () => {
    const { points } = await runBoth({
      ...badBatch(
        row("'2024-01-01T00:00:00Z'", '1'),
        row("'2024-01-01 03:00:00+02:00'", '2'),
        row("'2024-01-01 03:00:00'", '3'),
        row("'2023-12-31T22:00:00-05:00'", '4'),
      ),
      'bad.yaml': batchYaml('bad', 'time_zone: Europe/Berlin\n'),
    })
    const kept = await points('bad', 'm', 'metric')
    expect(Array.from(kept.timestamps, (at) => (at - START) / (60 * MINUTE))).toEqual([0, 1, 2, 3])
    expect(Array.from(kept.values)).toEqual([1, 2, 3, 4])
  })

  it('a metric with one point, and one that never changes, are no trouble beside others', async () => {
    const { bad, app, points } = await runBoth(
      badBatch(
        valuesSql([5], { name: 'lone' }),
        valuesSql(new Array<number>(COUNT).fill(3), { name: 'flat' }),
        valuesSql(calm(COUNT), { name: 'usual' }),
      ),
    )
    expect(bad.status).toBe('succeeded')
    expect(bad.logs).toContain('metric "lone" is learning, 1 of 14 points')
    expect(new Set((await points('bad', 'flat', 'score')).values)).toEqual(new Set([0]))
    expect((await points('bad', 'usual', 'score')).timestamps.length).toBeGreaterThan(0)
    expect(await app.control.alerts.list({ metric: 'flat', limit: 10 })).toEqual([])
  })

  it('values at the ends of what a number can hold do not break scoring', async () => {
    const extreme = [...calm(COUNT - 3), 1.7e308, -1.7e308, 5e-324]
    const { bad, points } = await runBoth(
      badBatch(valuesSql(extreme), valuesSql(calm(COUNT), { name: 'ok' })),
    )
    expect((await points('bad', 'ok', 'score')).timestamps.length).toBeGreaterThan(0)
    for (const score of (await points('bad', 'm', 'score')).values) {
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1)
    }
    if (bad.status === 'failed') expect(bad.error?.message).toMatch(/metric "m"/)
  })
})

describe('a database that is not there', () => {
  const connections = async () => `connections:
  folder: {kind: sqlite, path: .}
  text: {kind: duckdb, path: text.duckdb}
  nobody: {kind: postgres, url: 'postgres://user:s3cret@127.0.0.1:${await closedPort()}/db'}
`

  it.each(['folder', 'text', 'nobody'])(
    '%s: the run fails, names the batch and tells no secret',
    async (db) => {
      const { bad } = await runBoth({
        'anomstack.yaml': await connections(),
        'text.duckdb': 'this is no database',
        'bad.yaml': `metric_batch: bad\ndb: ${db}\ningest_sql: select 1\n`,
      })
      expect(bad.status).toBe('failed')
      expect(bad.error?.message).toMatch(/batch "bad"/)
      expect(JSON.stringify(bad)).not.toContain('s3cret')
      expect(bad.error?.code === 'CONNECTION_FAILED' || bad.error?.message.includes('parts failed')).toBe(
        true,
      )
    },
  )
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
