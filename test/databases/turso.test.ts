import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { sqlite } from '../../src/databases/sqlite.ts'
import { turso } from '../../src/databases/turso.ts'
import { startTurso, type TestTurso } from '../turso/start-turso.ts'

const T0 = Date.UTC(2024, 0, 1)
const ENDLESS =
  'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e15) SELECT count(*) FROM c'
let server: TestTurso
let folder: string
let url: string
let opened: Database[]

beforeAll(async () => {
  server = await startTurso()
})
afterAll(() => server.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anomstack-turso-'))
  url = server.createDatabase()
  server.maxAnswer = Number.POSITIVE_INFINITY
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(options: Record<string, unknown> = {}): Database {
  const database = turso.create(turso.options.parse({ url, auth_token: server.token, ...options }), {
    projectDir: folder,
  })
  opened.push(database)
  return database
}

const rows = (count: number, part: { name?: string; value?: number } = {}) =>
  Array.from({ length: count }, (_, i) => ({
    timestamp: T0 + i * 60_000,
    batch: 'sales',
    name: 'revenue',
    type: 'metric' as const,
    value: i,
    metadata: '',
    ...part,
  }))

const history = (database: Database) =>
  database.metricsTable('metrics').history({ batch: 'sales', types: ['metric'] })

describe('connecting', () => {
  it("takes the original's variables", () => {
    expect(turso.environment).toEqual({
      url: 'ANOMSTACK_TURSO_DATABASE_URL',
      auth_token: 'ANOMSTACK_TURSO_AUTH_TOKEN',
    })
    expect(turso.options.safeParse({ url: 'libsql://a.turso.io' }).success).toBe(true)
    for (const odd of [
      'file:a.db',
      'ws://a',
      'libsql://',
      'https://a?authToken=secret',
      'libsql://user:secret@a',
    ])
      expect(turso.options.safeParse({ url: odd }).success).toBe(false)
  })

  it("is what the original's path ending with turso.io means", async () => {
    const database = sqlite.create(
      sqlite.options.parse({ path: 'mine.turso.io', turso_url: url, auth_token: server.token }),
      { projectDir: folder },
    )
    opened.push(database)
    await database.query('CREATE TABLE t (a integer); INSERT INTO t VALUES (5)')
    expect(await open().query('SELECT a FROM t')).toEqual([{ a: 5 }])
    expect(existsSync(join(folder, 'mine.turso.io'))).toBe(false)
  })

  it('tells what may pass from what will not, and works on afterwards', async () => {
    const database = open()
    server.failures.push(503)
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: true,
      message: expect.stringContaining('503'),
    })
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('statements', () => {
  it('gives plain values', async () => {
    const [values] = await open().query(
      `SELECT 9007199254740991 AS big, 0.1 AS tenth, 'it''s' AS text, NULL AS missing, x'00ff' AS bytes, 5.0 AS five`,
    )
    const { bytes, ...rest } = values!
    expect([...(bytes as Uint8Array)]).toEqual([0, 255])
    expect(rest).toEqual({
      big: Number.MAX_SAFE_INTEGER,
      tenth: 0.1,
      text: "it's",
      missing: null,
      five: 5,
    })
  })

  it('leaves no connection behind, whether a statement succeeds, fails or is stopped', async () => {
    const database = open()
    await database.query('BEGIN; CREATE TABLE t (a integer)')
    await database.query('SELEC 1').catch(() => {})
    const stopped = server.counts.stopped
    await expect(database.query(ENDLESS, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await vi.waitFor(() => expect(server.counts.stopped).toBe(stopped + 1))
    expect(await database.query("SELECT * FROM sqlite_master WHERE name = 't'")).toEqual([])
    expect(server.counts.open).toBe(0)
  })
})

describe('tables', () => {
  it('are read in parts where the server finds an answer too large', async () => {
    const database = open()
    await database.metricsTable('metrics').ensure()
    const names = Array.from({ length: 40 }, (_, i) => `it's ${i}`)
    await database.metricsTable('metrics').upsert(names.flatMap((name) => rows(100, { name })))
    server.maxAnswer = 20_000
    const found = await history(database)
    expect([...found.keys()]).toEqual([...names].sort())
    for (const types of found.values())
      expect([...types.get('metric')!.values]).toEqual(rows(100).map(({ value }) => value))
    server.maxAnswer = 1_500
    await expect(history(database)).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('too large'),
    })
  })

  it('keep nothing of a write of many requests that fails in one of them', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    await database.query(
      `CREATE TRIGGER no BEFORE INSERT ON metrics WHEN new.metric_value = 24999 BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    )
    await expect(table.upsert(rows(25_000))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('not this one'),
    })
    expect((await history(database)).size).toBe(0)
    expect(await table.upsert(rows(24_999))).toBe(24_999)
    expect((await history(database)).get('revenue')?.get('metric')?.values.length).toBe(24_999)
    expect(server.counts.open).toBe(0)
  })

  it('reads timestamps of any shape, and leaves out rows without a time or a name', async () => {
    const database = open()
    await database.query(`CREATE TABLE metrics (metric_timestamp, metric_batch, metric_name, metric_type, metric_value, metadata);
      INSERT INTO metrics VALUES ('2024-01-01T01:00:00+01:00', 'sales', 'revenue', 'metric', 1, NULL), (1704067260, 'sales', 'revenue', 'metric', 2, 'x'),
      ('2024-01-01 00:02:00', 'sales', 'revenue', 'metric', 'text', NULL), (NULL, 'sales', 'revenue', 'metric', 4, NULL),
      ('2024-01-01 00:03:00', 'sales', NULL, 'metric', 4, NULL), ('2024-01-01 00:04:00', 'sales', 'revenue', 'metric', 9e999, NULL)`)
    const table = database.metricsTable('metrics')
    const read = () => table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })
    const expected = {
      timestamps: Float64Array.of(T0, T0 + 60_000),
      values: Float64Array.of(1, 2),
      metadata: ['', 'x'],
    }
    expect((await read()).get('revenue')?.get('metric')).toEqual(expected)
    await table.ensure()
    expect((await read()).get('revenue')?.get('metric')).toEqual(expected)
    await table.upsert(rows(1, { value: 7 }))
    expect([...(await read()).get('revenue')!.get('metric')!.values]).toEqual([7, 2])
  })
})

describe('a copy to read from', () => {
  it('is brought up to date before each reading, and keeps what was written elsewhere', async () => {
    const database = open({ replica_path: 'copies/metrics.db' })
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert(rows(500))
    expect((await history(database)).get('revenue')?.get('metric')?.values.length).toBe(500)
    await open()
      .metricsTable('metrics')
      .upsert(rows(1, { name: 'later', value: 0.1 + 0.2 }))
    expect([...(await history(database)).get('later')!.get('metric')!.values]).toEqual([0.1 + 0.2])
    expect(existsSync(join(folder, 'copies/metrics.db'))).toBe(true)
    expect(server.counts.replications).toBeGreaterThan(3)
  })

  it('can be shared by many, and is made again when it is broken', async () => {
    await open().metricsTable('metrics').ensure()
    await open().metricsTable('metrics').upsert(rows(50))
    await history(open({ replica_path: 'copy.db' }))
    writeFileSync(join(folder, 'copy.db'), 'this is not a database, '.repeat(1_000))
    const readers = Array.from({ length: 4 }, () => open({ replica_path: 'copy.db' }))
    const found = await Promise.all(readers.map(history))
    for (const each of found) expect(each.get('revenue')?.get('metric')?.values.length).toBe(50)
  })

  it('does not touch a file that is no copy', async () => {
    await open().metricsTable('metrics').ensure()
    writeFileSync(join(folder, 'precious.db'), 'mine')
    await expect(history(open({ replica_path: 'precious.db' }))).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: false,
      message: expect.stringContaining('precious.db exists and is no copy'),
    })
    expect(readFileSync(join(folder, 'precious.db'), 'utf8')).toBe('mine')
  })

  it('is not read when the server cannot be reached, and no secret shows', async () => {
    await open().metricsTable('metrics').ensure()
    await history(open({ replica_path: 'copy.db' }))
    for (const options of [{ auth_token: "wr0ng'secret" }, { url: 'http://127.0.0.1:1' }]) {
      const error: unknown = await history(open({ replica_path: 'copy.db', ...options })).catch(
        (caught: unknown) => caught,
      )
      expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
      for (const secret of ['wr0ng', server.token]) expect(inspect(error, { depth: 9 })).not.toContain(secret)
    }
  })
})
