import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { clickhouseAddress } from '../../src/databases/clickhouse/address.ts'
import { singleStatements } from '../../src/databases/clickhouse/statements.ts'
import { clickhouse } from '../../src/databases/clickhouse.ts'
import type { Database, MetricsTable } from '../../src/databases/database.ts'
import { startClickhouse, type TestClickhouse } from '../clickhouse/start-clickhouse.ts'
import { eventually } from '../eventually.ts'

const T0 = Date.UTC(2024, 0, 1)
const MINUTE = 60_000
const ENDLESS = 'SELECT count(sleepEachRow(0.05)) FROM numbers(100000) SETTINGS max_block_size = 1'

let server: TestClickhouse
let parts: Record<string, unknown>
let opened: Database[]

beforeAll(async () => {
  server = await startClickhouse()
})
afterAll(() => server.stop())
beforeEach(async () => {
  const { host, port, user, password } = server
  parts = { host, port, user, password, database: await server.createDatabase() }
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
})

function open(options: Record<string, unknown> = parts): Database {
  const database = clickhouse.create(clickhouse.options.parse(options), { projectDir: '/' })
  opened.push(database)
  return database
}

function row(part: Partial<MetricRow> = {}): MetricRow {
  return { timestamp: T0, batch: 'sales', name: 'revenue', type: 'metric', value: 1, metadata: '', ...part }
}

async function pointsOf(table: MetricsTable, name = 'revenue'): Promise<[number, number][]> {
  const series = (await table.history({ batch: 'sales', types: ['metric'] })).get(name)?.get('metric')
  return Array.from(series?.timestamps ?? [], (timestamp, i) => [timestamp, series!.values[i]!])
}

describe('an address', () => {
  it('is the one that the original has when nothing is given', () => {
    expect(clickhouseAddress({})).toEqual({
      url: 'http://localhost:8123',
      username: 'anomstack',
      password: 'anomstack',
      database: 'default',
      secrets: [],
    })
    expect(clickhouseAddress({ user: 'me' })).toMatchObject({ username: 'me', password: '' })
    expect(clickhouseAddress({ ssl: true, host: '::1' })).toMatchObject({ url: 'https://[::1]:8443' })
  })

  it('takes from the url what it says, and the rest from the other options', () => {
    const options = { user: 'u', password: 'p', database: 'd', port: 9 }
    expect(
      clickhouseAddress({ url: 'https://me:s%2Fecret@db.test:443/sales%20eu', ...options }),
    ).toMatchObject({
      url: 'https://db.test:443',
      username: 'me',
      password: 's/ecret',
      database: 'sales eu',
    })
    expect(clickhouseAddress({ url: 'https://db.test/', ...options })).toMatchObject({
      url: 'https://db.test:9',
      username: 'u',
      password: 'p',
      database: 'd',
    })
    expect(clickhouseAddress({ url: 'http://db.test' })).toMatchObject({ url: 'http://db.test:8123' })
  })
})

describe('connecting', () => {
  it('says so when something else answers', async () => {
    const other = createHttpServer((_, response) => response.end('welcome')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await expect(
      open({ ...parts, port })
        .metricsTable('metrics')
        .ensure(),
    ).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('no ClickHouse'),
    })
    other.close()
  })
})

async function runningSleeps(): Promise<number> {
  return Number(
    await server.run(
      `SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%' AND query NOT LIKE '%system.processes%'`,
    ),
  )
}

describe('queries', () => {
  it('are taken apart into statements', () => {
    const texts = (sql: string): string[] => singleStatements(sql).map(({ text }) => text)
    expect(texts(' -- a;b\n SELECT 1 /* ; */ ; # c;\n#!d;\nSELECT 2;;')).toEqual(['SELECT 1', 'SELECT 2'])
    expect(texts(`SELECT 'a;''b\\';', "c;\\";", \`d;\`, $x$ e; ' $x$; SELECT 1 - 2, 3 / 4, $1`)).toEqual([
      `SELECT 'a;''b\\';', "c;\\";", \`d;\`, $x$ e; ' $x$`,
      'SELECT 1 - 2, 3 / 4, $1',
    ])
    expect(texts("SELECT 'open; --")).toEqual(["SELECT 'open; --"])
    expect(texts(`SELECT '${'long;'.repeat(500_000)}'; SELECT 1`)).toHaveLength(2)
    expect(singleStatements('SELECT 1;\n\nSELECT\n2').map(({ line }) => line)).toEqual([0, 2])
    expect(texts(' ;; -- nothing')).toEqual([])
  })

  it('give plain values of every type', async () => {
    const [values] =
      await open().query(`SELECT 9007199254740991 AS big, toInt128('170141183460469231731687303715884105727') AS huge, toDecimal64(12.34, 2) AS money,
      toFloat32(1.5) AS single, 0.1 + 0.2 AS exact, nan AS none, -inf AS least, [1.5, nan] AS readings, true AS yes, 'it''s \\\\ "ü" 📈' AS text,
      toDate('2024-01-01') AS day, toDate32('1900-01-01') AS old, toDateTime('2024-01-01 00:00:00') AS naive, toDateTime('2024-01-01 09:00:00', 'Asia/Tokyo') AS zoned,
      toDateTime64('2024-01-01 00:00:00.5', 6) AS fine, [toDateTime('2024-01-01 00:00:00'), NULL] AS times, map('a', 1) AS pairs, tuple(1, 'x') AS both,
      toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS id, toLowCardinality(toNullable('x')) AS word, NULL AS missing`)
    const day = new Date(T0)
    expect(values).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      huge: 2 ** 127,
      money: 12.34,
      single: 1.5,
      exact: 0.1 + 0.2,
      none: Number.NaN,
      least: Number.NEGATIVE_INFINITY,
      readings: [1.5, Number.NaN],
      yes: true,
      text: `it's \\ "ü" 📈`,
      day,
      old: new Date('1900-01-01T00:00:00Z'),
      naive: day,
      zoned: day,
      fine: new Date(T0 + 500),
      times: [day, null],
      pairs: { a: 1 },
      both: [1, 'x'],
      id: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      word: 'x',
      missing: null,
    })
  })

  it('give NULL for what is not there, as other engines do', async () => {
    expect(
      await open().query(`SELECT sum(number) AS total, max(b.x) AS joined FROM numbers(1) AS a
        LEFT JOIN (SELECT 5 AS n, 7 AS x) AS b ON b.n = a.number WHERE number = 0 GROUP BY ALL
        UNION ALL SELECT sum(number), max(number) FROM numbers(5) WHERE number > 9`),
    ).toEqual(
      expect.arrayContaining([
        { total: 0, joined: null },
        { total: null, joined: null },
      ]),
    )
  })

  it('say on which line a statement is wrong', async () => {
    await expect(open().query('SELECT 1;\n\nSELECT 1,\n  1 2 3')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      retryable: false,
      message: expect.stringMatching(/Syntax error.*\(line 4, col 5\)/),
    })
  })

  it('share temporary tables and settings within one text, and end with them', async () => {
    const database = open()
    const sql = `CREATE TEMPORARY TABLE scratch (a integer); INSERT INTO scratch VALUES (1);
      SET session_timezone = 'Asia/Tokyo'; SELECT a, timezone() AS zone FROM scratch`
    expect(await database.query(sql)).toMatchObject([{ a: 1 }])
    expect(await database.query(sql)).toMatchObject([{ a: 1 }])
    await expect(database.query('SELECT * FROM scratch')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    expect(await database.query(`SELECT toDateTime('2024-01-01 00:00:00') AS at`)).toEqual([
      { at: new Date(T0) },
    ])
  })

  it('refuse an answer in a format of its own', async () => {
    await expect(open().query('SELECT 1 FORMAT CSV')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('leave FORMAT out'),
    })
  })

  it('leave nothing running in the server when they are stopped', async () => {
    const database = open()
    await expect(database.query(ENDLESS, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    const all = Array.from({ length: 20 }, () =>
      database.query(ENDLESS, { timeoutMs: 1_000 }).catch((error: { code: string }) => error.code),
    )
    expect(new Set(await Promise.all(all))).toEqual(new Set(['TIMED_OUT']))
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await eventually('every statement is stopped', async () => (await runningSleeps()) === 0)
  })
})

describe('tables', () => {
  it('take 100,000 rows as one part, so all or none', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    const rows = Array.from({ length: 100_000 }, (_, i) =>
      row({
        name: `m${i % 40}`,
        timestamp: T0 + i * MINUTE,
        value: Math.sin(i),
        metadata: i % 1000 === 7 ? `{"i":${i}}` : '',
      }),
    )
    expect(await table.upsert(rows)).toBe(100_000)
    expect(
      await database.query(
        `SELECT count() AS parts, sum(rows) AS rows, max(max_block_number - min_block_number) AS merged FROM system.parts WHERE database = currentDatabase() AND active`,
      ),
    ).toEqual([{ parts: 1, rows: 100_000, merged: 0 }])
    const history = await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })
    expect(history.size).toBe(40)
    for (const [name, types] of history) {
      const { timestamps, values, metadata } = types.get('metric')!
      expect(timestamps).toHaveLength(2_500)
      for (const [k, at] of timestamps.entries()) {
        const i = (at - T0) / MINUTE
        if (`m${i % 40}` !== name || values[k] !== Math.sin(i) || metadata![k] !== rows[i]!.metadata)
          throw new Error(`row ${i} is wrong`)
      }
    }
  })

  it('take what was written last, even if it is what was written first', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    for (const value of [1, 2, 1]) await table.upsert([row({ value })])
    expect(await pointsOf(table)).toEqual([[T0, 1]])
    await table.deleteRows([row()])
    await table.upsert([row({ value: 1 })])
    expect(await pointsOf(table)).toEqual([[T0, 1]])
    expect((await table.summary({ since: 0 }))[0]!.counts.get('metric')).toBe(1)
  })

  it('give points in order, in whatever parts they are', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    for (let k = 0; k < 7; k++)
      await table.upsert(
        Array.from({ length: 300 }, (_, i) => row({ timestamp: T0 + (i * 7 + ((k * 3) % 7)) * MINUTE })),
      )
    const points = await pointsOf(table)
    expect(points.map(([at]) => at)).toEqual(Array.from({ length: 2_100 }, (_, i) => T0 + i * MINUTE))
  })

  it('delete thousands of keys with hostile names', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    const rows = ["it's", 'a\\b\tc\nd\r', '%00\\0', 'é📈'].flatMap((name) =>
      Array.from({ length: 1_500 }, (_, i) => row({ name, timestamp: T0 + i })),
    )
    await table.upsert([...rows, row({ name: 'kept' })])
    expect(await table.deleteRows(rows)).toBe(6_000)
    expect([...(await table.history({ batch: 'sales', types: ['metric'] })).keys()]).toEqual(['kept'])
  })

  it('keep the state of before, or all, when a write is stopped', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    const rows = Array.from({ length: 50_000 }, (_, i) => row({ timestamp: T0 + i }))
    for (const timeoutMs of [1, 5, 20, 60]) {
      await table.upsert(rows, { timeoutMs }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'TIMED_OUT' })
      })
      expect([0, 50_000]).toContain((await pointsOf(table)).length)
    }
    await table.upsert(rows)
    expect(await pointsOf(table)).toHaveLength(50_000)
  })

  it('that somebody else made with an engine that replaces rows are read through it', async () => {
    const database = open()
    await database.query(`CREATE TABLE metrics (metric_timestamp DateTime64(6), metric_batch String, metric_name String, metric_type String, metric_value Float32, metadata Nullable(String),
      version DateTime DEFAULT now()) ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(metric_timestamp)
      ORDER BY (metric_batch, metric_type, metric_name, metric_timestamp)`)
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert([row(), row({ timestamp: Date.UTC(2025, 5, 5, 1, 2, 3, 4), value: 2 })])
    await table.upsert([row({ value: 0.5, metadata: 'x' })])
    expect(await pointsOf(table)).toEqual([
      [T0, 0.5],
      [Date.UTC(2025, 5, 5, 1, 2, 3, 4), 2],
    ])
    expect(await table.deleteBefore({ batch: 'sales', before: T0 + 1 })).toBe(1)
  })

  it('refuse a name of three parts', async () => {
    await expect(open().metricsTable('a.b.c').ensure()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
})

describe("tables of the original's", () => {
  const metadataOf = ({ value }: MetricRow): string =>
    `{"v":"it's \\\\ ${value}","why":"${'long'.repeat(100)}"}`
  const columns = (time: string): string =>
    `CREATE TABLE metrics (metric_timestamp ${time}, metric_batch Nullable(String), metric_name Nullable(String), metric_type Nullable(String),
      metric_value Nullable(Float64), metadata Nullable(String)) ENGINE = MergeTree ORDER BY tuple()`

  it.each(['Nullable(DateTime)', 'DateTime64(9)', 'Nullable(String)', "DateTime64(3, 'Asia/Tokyo')"])(
    'with timestamps of the type %s are written exactly, and without doubles',
    async (type) => {
      const database = open()
      await database.query(columns(type))
      const table = database.metricsTable('metrics')
      await table.ensure()
      const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
        numRuns: 1_000,
        seed: 3,
      })
      const rows = doubles.map((value, i) =>
        row({ timestamp: T0 + i * MINUTE, value, name: i % 2 === 0 ? "it's\\\n" : 'b' }),
      )
      await table.upsert(rows.map((each) => ({ ...each, value: 1 })))
      await table.upsert(rows.map((each) => ({ ...each, metadata: metadataOf(each) })))
      await table.upsert(rows.slice(0, 5))
      expect(await database.query('SELECT count() AS n FROM metrics')).toEqual([{ n: 1_000 }])
      const history = await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })
      const { timestamps, values, metadata } = history.get('b')!.get('metric')!
      const expected = rows.filter(({ name }) => name === 'b')
      expect([...timestamps]).toEqual(expected.map(({ timestamp }) => timestamp))
      expect(Array.from(values, (value) => value + 0)).toEqual(expected.map(({ value }) => value + 0))
      expect(metadata![20]).toBe(metadataOf(expected[20]!))
      expect(await table.deleteRows(rows.slice(0, 10))).toBe(10)
      expect(await table.deleteBefore({ batch: 'sales', before: T0 + 100 * MINUTE })).toBe(90)
    },
  )

  it('whose timestamps are whole seconds hold one row for each, the last', async () => {
    const database = open()
    await database.query(columns('DateTime'))
    const table = database.metricsTable('metrics')
    const rows = [0, 400, 999, 1000].map((ms, value) => row({ timestamp: T0 + ms, value }))
    await table.upsert(rows)
    await table.upsert(rows)
    expect(await pointsOf(table)).toEqual([
      [T0, 2],
      [T0 + 1000, 3],
    ])
  })

  it('get no doubles from several writers of one process', async () => {
    const database = open()
    await database.query(columns('DateTime'))
    await Promise.all(
      Array.from({ length: 8 }, (_, value) => database.metricsTable('metrics').upsert([row({ value })])),
    )
    expect(await database.query('SELECT count() AS n FROM metrics')).toEqual([{ n: 1 }])
  })
})
