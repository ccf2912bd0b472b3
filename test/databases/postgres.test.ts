import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { postgres } from '../../src/databases/postgres.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'

const T0 = Date.UTC(2024, 0, 1)
let server: TestPostgres
let url: string
let opened: Database[]

beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())
beforeEach(async () => {
  url = await server.createDatabase()
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
})

function open(options: Record<string, unknown> = { url }): Database {
  const database = postgres.create(postgres.options.parse(options), { projectDir: '/' })
  opened.push(database)
  return database
}

const row = {
  timestamp: T0,
  batch: 'sales',
  name: 'revenue',
  type: 'metric',
  value: 1,
  metadata: '',
} as const

describe('connecting', () => {
  const parts = () => ({ host: server.host, port: server.port, user: server.user, password: server.password })

  it('works by parts, and by an address that leaves some out', async () => {
    expect(await open({ ...parts(), database: 'postgres', ssl: false }).query('SELECT 1 AS one')).toEqual([
      { one: 1 },
    ])
    const { host, ...rest } = parts()
    expect(
      await open({ url: `postgres://${host}/postgres`, ...rest }).query('SELECT current_database() AS name'),
    ).toEqual([{ name: 'postgres' }])
  })
})

describe('queries', () => {
  it('gives plain values of every type', async () => {
    const [values] =
      await open().query(`SELECT 9007199254740991::int8 AS big, 12.34::numeric AS money, 1.5::float4 AS single, true AS yes, 'x'::text AS text,
      '\\x00ff'::bytea AS bytes, date '2024-01-01' AS day, timestamp '2024-01-01 00:00:00.5' AS naive, timestamptz '2024-01-01 02:00:00+02' AS zoned,
      timestamptz '1850-01-01 00:00:00Z' AS old, 'infinity'::timestamptz AS never, time '12:34:56' AS time, interval '2 days' AS span, ARRAY[1::int8, NULL] AS list,
      ARRAY[timestamp '2024-01-01'] AS times, ARRAY[[1.5::numeric], [2]] AS grid, '{"a": [1]}'::jsonb AS document, NULL AS missing`)
    const { bytes, ...rest } = values!
    expect([...(bytes as Uint8Array)]).toEqual([0, 255])
    const day = new Date(T0)
    expect(rest).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      money: 12.34,
      single: 1.5,
      yes: true,
      text: 'x',
      day,
      naive: new Date(T0 + 500),
      zoned: day,
      old: new Date('1850-01-01T00:00:00Z'),
      never: 'infinity',
      time: '12:34:56',
      span: '2 days',
      list: [1, null],
      times: [day],
      grid: [[1.5], [2]],
      document: { a: [1] },
      missing: null,
    })
  })

  it('says on which line a statement is wrong', async () => {
    await expect(open().query('SELECT 1;\nSELECT\n  nonsense')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      retryable: false,
      message: expect.stringMatching(/"nonsense" does not exist \(line 3\)/),
    })
  })

  it('leaves no setting behind, and works in UTC', async () => {
    const database = open()
    await database.query("SET search_path TO nowhere; SET TimeZone TO 'Asia/Tokyo'; PREPARE p AS SELECT 1")
    for (let i = 0; i < 3; i++)
      expect(
        await database.query("SELECT current_setting('TimeZone') AS zone, current_schema() AS schema"),
      ).toEqual([{ zone: 'UTC', schema: 'public' }])
  })

  it('leaves nothing running in the server when it stops a statement', async () => {
    const database = open()
    await expect(database.query('SELECT pg_sleep(3600)', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
    const running = `SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`
    expect(await database.query(running)).toEqual([{ n: 0 }])
  })

  it('stops more statements than it has connections, and still works', async () => {
    const database = open()
    const all = Array.from({ length: 20 }, () =>
      database
        .query('SELECT pg_sleep(3600)', { timeoutMs: 500 })
        .catch((error: { code: string }) => error.code),
    )
    expect(new Set(await Promise.all(all))).toEqual(new Set(['TIMED_OUT']))
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('tables', () => {
  it('reads a timestamp without zone as UTC, whatever the zone of the server', async () => {
    const database = open()
    await database.query(`ALTER DATABASE ${url.split('/').at(-1)} SET timezone TO 'America/New_York'`)
    const later = open()
    await later.query(`CREATE TABLE metrics AS SELECT timestamp '2024-01-01 00:00:00' AS metric_timestamp, 'sales'::text AS metric_batch, 'revenue'::text AS metric_name,
      'metric'::text AS metric_type, 5::numeric AS metric_value, NULL::text AS metadata`)
    const table = later.metricsTable('metrics')
    await table.ensure()
    await table.upsert([
      { ...row, value: 6 },
      { ...row, timestamp: T0 + 1, value: 7 },
    ])
    const series = (await table.history({ batch: 'sales', types: ['metric'], since: T0, maxPoints: 9 }))
      .get('revenue')!
      .get('metric')!
    expect([[...series.timestamps], [...series.values]]).toEqual([
      [T0, T0 + 1],
      [6, 7],
    ])
  })

  it('uses a table that it may write but not change', async () => {
    const owner = open()
    await owner.query(`CREATE ROLE guest LOGIN PASSWORD 'guest'; CREATE TABLE metrics (metric_timestamp timestamptz, metric_batch text, metric_name text, metric_type text,
      metric_value float8, metadata text); GRANT SELECT, INSERT, UPDATE, DELETE ON metrics TO guest`)
    const guest = open({ url: url.replace(/\/\/.*@/, '//guest:guest@') })
    const table = guest.metricsTable('metrics')
    await table.ensure()
    await Promise.all(Array.from({ length: 8 }, (_, i) => table.upsert([{ ...row, value: i }])))
    expect(await owner.query('SELECT count(*) AS n FROM metrics')).toEqual([{ n: 1 }])
    await expect(guest.metricsTable('not_allowed.metrics').ensure()).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      retryable: false,
    })
    await guest.close()
    await owner.query('DROP TABLE metrics; DROP ROLE guest')
  })
})

describe('a first load', () => {
  const many = (value: number, name = 'revenue') =>
    Array.from({ length: 25_000 }, (_, i) => ({
      ...row,
      name,
      timestamp: T0 + i * 60_000,
      value: value + i,
      metadata: 'a\tb\\c\nd',
    }))
  const state = 'SELECT count(*) AS rows, min(metric_value) AS least, max(metadata) AS note FROM metrics'

  it('is written like any other, and may come again with other values', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert(many(1))
    expect(await database.query(state)).toEqual([{ rows: 25_000, least: 1, note: 'a\tb\\c\nd' }])
    await table.upsert([...many(2), ...many(9, 'profit')])
    expect(await database.query(state)).toEqual([{ rows: 50_000, least: 2, note: 'a\tb\\c\nd' }])
    const history = await table.history({ batch: 'sales', types: ['metric'] })
    expect(history.get('revenue')?.get('metric')?.timestamps.slice(0, 2)).toEqual(
      Float64Array.of(T0, T0 + 60_000),
    )
  })

  it('of several writers at a time keeps each row once', async () => {
    const writers = [open(), open(), open()]
    await writers[0]!.metricsTable('metrics').ensure()
    await Promise.all(
      writers.map((database, i) => database.metricsTable('metrics').upsert(many(i * 100_000))),
    )
    const [found] = await open().query(state)
    expect(found).toMatchObject({ rows: 25_000 })
    expect([0, 100_000, 200_000]).toContain(found!.least)
  })

  it('writes to a table whose types or rules of access are not those of COPY', async () => {
    await open().query(`CREATE ROLE writer LOGIN PASSWORD 'w'; CREATE SCHEMA own AUTHORIZATION writer;
      CREATE TABLE typed (metric_timestamp text, metric_batch text, metric_name text, metric_type text, metric_value int, metadata text,
        UNIQUE (metric_batch, metric_name, metric_type, metric_timestamp))`)
    const typed = open()
    await typed.metricsTable('typed').upsert(many(1.25))
    expect(await typed.query('SELECT min(metric_value) AS least FROM typed')).toEqual([{ least: 1 }])
    const writer = open({ url: url.replace(/\/\/[^@]*@/, '//writer:w@') })
    expect(await writer.query('SELECT current_user AS name')).toEqual([{ name: 'writer' }])
    const table = writer.metricsTable('own.metrics')
    await table.ensure()
    await writer.query(`ALTER TABLE own.metrics ENABLE ROW LEVEL SECURITY; ALTER TABLE own.metrics FORCE ROW LEVEL SECURITY;
      CREATE POLICY everything ON own.metrics USING (true) WITH CHECK (true)`)
    await table.upsert(many(1))
    expect(await writer.query('SELECT count(*) AS rows FROM own.metrics')).toEqual([{ rows: 25_000 }])
  })
})
