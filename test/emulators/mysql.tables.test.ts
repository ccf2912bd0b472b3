import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MetricRow } from '../../src/core/metric-row.ts'
import type { Database } from '../../src/databases/database.ts'
import { mysql } from '../../src/databases/mysql.ts'
import { startMariadb, type TestMariadb } from '../mysql/start-mariadb.ts'

const T0 = Date.UTC(2024, 0, 1)
let server: TestMariadb
let url: string
let opened: Database[]

beforeAll(async () => {
  server = await startMariadb()
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
  const database = mysql.create(mysql.options.parse(options), { projectDir: '/' })
  opened.push(database)
  return database
}

function row(part: Partial<MetricRow> = {}): MetricRow {
  return { timestamp: T0, batch: 'sales', name: 'revenue', type: 'metric', value: 1, metadata: '', ...part }
}

/** Names that the engine's usual collations take for the same. */
const ALIKE = ['a', 'A', 'a ', 'á', 'ａ']

describe('tables', () => {
  it.each([
    ['of its own', ''],
    [
      'of somebody else with texts that are compared loosely',
      `CREATE TABLE metrics (metric_timestamp DATETIME(3), metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value DOUBLE, metadata TEXT) COLLATE utf8mb4_general_ci`,
    ],
    [
      'of somebody else in another character set',
      `CREATE TABLE metrics (metric_timestamp DATETIME(3), metric_batch VARCHAR(9) CHARACTER SET latin1, metric_name VARCHAR(90) COLLATE utf8mb4_bin, metric_type TEXT, metric_value DOUBLE, metadata TEXT)`,
    ],
  ])('tell names apart by case, accents and trailing spaces: one %s', async (_, sql) => {
    const database = open()
    await database.query(sql)
    const table = database.metricsTable('metrics')
    await table.ensure()
    const rows = ALIKE.flatMap((name, i) => [
      row({ name, value: i }),
      row({ name, value: i, batch: 'Sales' }),
    ])
    await Promise.all([table.upsert(rows), open().metricsTable('metrics').upsert(rows)])
    await table.upsert(rows)
    const history = await table.history({ batch: 'sales', types: ['metric'], metrics: ALIKE })
    expect([...history.keys()]).toEqual([...ALIKE].sort())
    expect([...ALIKE].map((name) => history.get(name)?.get('metric')?.values[0])).toEqual([0, 1, 2, 3, 4])
    expect([...(await table.names!({ batch: 'sales', since: 0 }))].sort()).toEqual([...ALIKE].sort())
    expect((await table.summary({ since: 0 })).length).toBe(10)
    expect((await table.history({ batch: 'sales', types: ['metric'], metrics: ['A'] })).size).toBe(1)
    expect(await table.deleteRows([row({ name: 'a' })])).toBe(1)
    expect(await table.deleteBefore({ batch: 'sales', before: T0 + 1 })).toBe(4)
    expect((await table.history({ batch: 'Sales', types: ['metric'] })).size).toBe(5)
  })

  it('takes names as long as its columns, counted in characters, and refuses longer ones', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    const longest = row({ name: '📈'.repeat(540), batch: '🙂'.repeat(190) })
    await table.upsert([longest])
    expect([...(await table.history({ batch: longest.batch, types: ['metric'] })).keys()]).toEqual([
      longest.name,
    ])
    for (const part of [{ name: 'x'.repeat(541) }, { batch: 'x'.repeat(191) }])
      await expect(table.upsert([row(), row(part)])).rejects.toMatchObject({ code: 'ROWS_INVALID' })
    expect((await table.history({ batch: 'sales', types: ['metric'] })).size).toBe(0)
  })

  it('refuses times that a table of somebody else would round, and names what it would cut', async () => {
    const database = open()
    await database.query(
      'CREATE TABLE metrics (metric_timestamp DATETIME, metric_batch VARCHAR(9), metric_name VARCHAR(9), metric_type VARCHAR(9), metric_value DOUBLE, metadata VARCHAR(9)) COLLATE utf8mb4_nopad_bin',
    )
    const table = database.metricsTable('metrics')
    await table.ensure()
    const seconds = Array.from({ length: 2_000 }, (_, i) => row({ timestamp: T0 + i * 1000 }))
    expect(await table.upsert(seconds)).toBe(2_000)
    await expect(table.upsert([row({ timestamp: T0 + 1 })])).rejects.toMatchObject({
      code: 'ROWS_INVALID',
      message: expect.stringContaining('DATETIME(3)'),
    })
    await expect(table.upsert([row({ name: 'x'.repeat(10) })])).rejects.toMatchObject({
      code: 'ROWS_INVALID',
    })
    // Read from a file, it would be cut with a warning.
    for (const some of [1, 2_000])
      await expect(
        table.upsert(seconds.slice(0, some).map((each) => ({ ...each, value: 7, metadata: '{"a": 12345}' }))),
      ).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        retryable: false,
        message: expect.stringContaining('metadata'),
      })
    const series = (await table.history({ batch: 'sales', types: ['metric'] })).get('revenue')!.get('metric')!
    expect(new Set(series.values)).toEqual(new Set([1]))
  })

  it('keeps the times of a table whose timestamps follow every update', async () => {
    const database = open()
    await database.query(
      `CREATE TABLE metrics (metric_timestamp TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), metric_batch VARCHAR(99),
       metric_name VARCHAR(99), metric_type VARCHAR(9), metric_value DOUBLE, metadata TEXT, comment TEXT) COLLATE utf8mb4_nopad_bin`,
    )
    const table = database.metricsTable('metrics')
    // At first without a key, then with one; the column that is not ours keeps what it holds.
    await table.upsert([row()])
    await database.query(`UPDATE metrics SET comment = 'kept', metric_timestamp = metric_timestamp`)
    await table.upsert([row({ value: 2 })])
    await table.ensure()
    for (const count of [1, 3_000])
      await table.upsert(Array.from({ length: count }, (_, i) => row({ timestamp: T0 + i, value: count })))
    const series = (await table.history({ batch: 'sales', types: ['metric'] })).get('revenue')!.get('metric')!
    expect([series.timestamps[0], series.timestamps.length]).toEqual([T0, 3_000])
    expect(await database.query('SELECT comment FROM metrics WHERE comment IS NOT NULL')).toEqual([
      { comment: 'kept' },
    ])
  })

  it('uses a table that it may write but not change', async () => {
    const owner = open()
    const name = url.split('/').at(-1)!
    await owner.query(`CREATE TABLE metrics (metric_timestamp DATETIME(3), metric_batch VARCHAR(99), metric_name VARCHAR(99), metric_type VARCHAR(9),
      metric_value DOUBLE, metadata TEXT) COLLATE utf8mb4_nopad_bin; CREATE USER guest IDENTIFIED BY 'guest-password';
      GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON ${name}.* TO guest`)
    const guest = open({ url: url.replace(/\/\/.*@/, '//guest:guest-password@') })
    const table = guest.metricsTable('metrics')
    await table.ensure()
    await Promise.all(Array.from({ length: 8 }, (_, i) => table.upsert([row({ value: i })])))
    expect(await owner.query('SELECT count(*) AS n FROM metrics')).toEqual([{ n: 1 }])
    await expect(guest.metricsTable('not_allowed.metrics').ensure()).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      retryable: false,
    })
    await guest.close()
    await server.query('DROP USER guest')
  })

  it('filters by more names than a statement has room for', async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    await table.upsert(['m70000', "it's", 'A'].map((name) => row({ name })))
    const metrics = [...Array.from({ length: 80_000 }, (_, i) => `m${i}`), "it's", 'a']
    expect([...(await table.history({ batch: 'sales', types: ['metric'], metrics })).keys()]).toEqual([
      "it's",
      'm70000',
    ])
  })
})

describe('a server with narrow and odd settings', () => {
  let odd: TestMariadb
  let database: Database

  beforeAll(async () => {
    odd = await startMariadb([
      'local-infile=0',
      'max-allowed-packet=1M',
      'sql-mode=ANSI,NO_BACKSLASH_ESCAPES',
      'default-time-zone=+09:00',
      'character-set-server=latin1',
      'autocommit=0',
      'group-concat-max-len=10',
    ])
  })
  afterAll(() => odd.stop())
  beforeEach(async () => {
    database = open({ url: await odd.createDatabase() })
  })

  it('takes rows without files, and gives long series and texts back', async () => {
    const table = database.metricsTable('metrics')
    await table.ensure()
    const metadata = `{"text":"it's \\"quoted\\", \\\\ \t \n ü 📈"}`
    const rows = Array.from({ length: 30_000 }, (_, i) =>
      row({
        timestamp: T0 + i * 60_000,
        name: `it's \\ ${i % 2}`,
        value: 1 / (i + 3),
        metadata: i % 1000 === 0 ? metadata : '',
      }),
    )
    expect(await table.upsert(rows)).toBe(30_000)
    expect(await table.upsert(rows)).toBe(30_000)
    for (const metadataOf of [[], ['metric']] as const) {
      const history = await table.history({ batch: 'sales', types: ['metric'], metadataOf })
      const series = history.get(`it's \\ 0`)!.get('metric')!
      const expected = rows.filter((_, i) => i % 2 === 0)
      expect([...series.timestamps]).toEqual(expected.map(({ timestamp }) => timestamp))
      expect([...series.values]).toEqual(expected.map(({ value }) => value))
      if (metadataOf.length > 0) expect(series.metadata).toEqual(expected.map((each) => each.metadata))
    }
    const newest = await table.history({ batch: 'sales', types: ['metric'], maxPoints: 14_000 })
    expect(newest.get(`it's \\ 1`)!.get('metric')!.timestamps.length).toBe(14_000)
    expect(newest.get(`it's \\ 1`)!.get('metric')!.timestamps.at(-1)).toBe(T0 + 29_999 * 60_000)
  })

  it('says which texts it cannot send back, and still sends the numbers', async () => {
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert([row({ metadata: 'x'.repeat(200_000) }), row({ timestamp: T0 + 1 })])
    await expect(
      table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] }),
    ).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('max_allowed_packet'),
    })
    expect((await table.history({ batch: 'sales', types: ['metric'] })).size).toBe(1)
  })

  it("leaves users' statements to those settings", async () => {
    expect(
      await database.query(`SELECT 'a\\' AS "name", @@sql_mode LIKE '%ANSI%' AS ansi, @@time_zone AS zone`),
    ).toEqual([{ name: 'a\\', ansi: 1, zone: '+00:00' }])
  })
})
