import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { mysql } from '../../src/databases/mysql.ts'
import { eventually } from '../eventually.ts'
import { startMariadb, type TestMariadb } from '../mysql/start-mariadb.ts'

const T0 = Date.UTC(2024, 0, 1)
const TLS = fileURLToPath(new URL('../fixtures/tls/localhost', import.meta.url))
let server: TestMariadb
let url: string
let opened: Database[]

beforeAll(async () => {
  server = await startMariadb([`ssl-cert=${TLS}.crt`, `ssl-key=${TLS}.key`])
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

const parts = () => ({ host: server.host, port: server.port, user: server.user, password: server.password })

describe('connecting', () => {
  it('works by parts, and by an address that leaves some out', async () => {
    expect(await open({ ...parts(), database: 'mysql', ssl: false }).query('SELECT 1 AS one')).toEqual([
      { one: 1 },
    ])
    const { host, ...rest } = parts()
    expect(
      await open({ url: `mariadb://${host}/mysql`, ...rest }).query('SELECT database() AS name'),
    ).toEqual([{ name: 'mysql' }])
    expect(await open(parts()).query('SELECT database() AS name')).toEqual([{ name: null }])
  })

  it('encrypts when asked to, and then checks the certificate unless told not to', async () => {
    const cipher = `SHOW STATUS LIKE 'Ssl_cipher'`
    expect((await open({ url, ssl: 'require' }).query(cipher))[0]?.Value).toMatch(/\w/)
    expect((await open().query(cipher))[0]?.Value).toBe('')
    for (const ssl of [true, 'verify-full'])
      await expect(open({ url, ssl }).query(cipher)).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('certificate'),
      })
  })
})

async function sleeping(seconds: number): Promise<unknown> {
  const [found] = await server.query(
    `SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(${seconds})' AND id <> connection_id()`,
  )
  return found?.n
}

describe('queries', () => {
  it('gives plain values of every type', async () => {
    const database = open()
    await database.query(`CREATE TABLE t (big BIGINT, money DECIMAL(10,2), single FLOAT, exact DOUBLE, yes BOOLEAN, bytes VARBINARY(9), day DATE, at DATETIME(6), stamp TIMESTAMP,
      old DATETIME, zero DATETIME, clock TIME, year YEAR, choice ENUM('a','b'), document JSON, missing INT);
      INSERT INTO t VALUES (9007199254740991, 12.34, 1.5, 0.30000000000000004, true, x'00ff', '2024-01-01', '2024-01-01 00:00:00.500999', '2024-01-01 00:00:00',
      '0050-01-01', '0000-00-00', '12:34:56', 2024, 'b', '{"a": [1]}', NULL)`)
    const [values] = await database.query('SELECT * FROM t')
    const { bytes, document, ...rest } = values!
    expect([...(bytes as Uint8Array)]).toEqual([0, 255])
    expect([{ a: [1] }, '{"a": [1]}']).toContainEqual(document)
    expect(rest).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      money: 12.34,
      single: 1.5,
      exact: 0.1 + 0.2,
      yes: 1,
      day: new Date(T0),
      at: new Date(T0 + 500),
      stamp: new Date(T0),
      old: new Date('0050-01-01T00:00:00Z'),
      zero: '0000-00-00 00:00:00',
      clock: '12:34:56',
      year: 2024,
      choice: 'b',
      missing: null,
    })
  })

  it("keeps the engine's word on which line of a statement is wrong", async () => {
    await expect(open().query('SELECT\n  1 FRM t')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      retryable: false,
      message: expect.stringContaining('at line 2'),
    })
  })

  it("runs under the server's own settings, in UTC, and leaves none behind", async () => {
    const database = open()
    await database.query(
      "SET time_zone = '+09:00', sql_mode = 'ANSI_QUOTES', NAMES latin1; USE mysql; SET @mine = 1",
    )
    for (let i = 0; i < 3; i++)
      expect(
        await database.query(
          `SELECT @@time_zone AS zone, database() AS name, @mine AS mine, @@sql_mode = @@global.sql_mode AS same, '📈' AS text`,
        ),
      ).toEqual([{ zone: '+00:00', name: url.split('/').at(-1), mine: null, same: 1, text: '📈' }])
  })

  it('sends no file of this machine', async () => {
    const database = open()
    await database.query('CREATE TABLE t (line TEXT)')
    await expect(
      database.query(`LOAD DATA LOCAL INFILE '${fileURLToPath(import.meta.url)}' INTO TABLE t`),
    ).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    expect(await database.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }])
  })

  it('leaves nothing running in the server when it stops a statement', async () => {
    const database = open()
    await expect(database.query('SELECT SLEEP(3602)', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
    await eventually('the statement ends', async () => (await sleeping(3602)) === 0)
  })

  it('stops more statements than it has connections, and still works', async () => {
    const database = open()
    const all = Array.from({ length: 20 }, () =>
      database.query('SELECT SLEEP(3600)', { timeoutMs: 500 }).catch((error: { code: string }) => error.code),
    )
    expect(new Set(await Promise.all(all))).toEqual(new Set(['TIMED_OUT']))
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})
