import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { snowflake } from '../../src/databases/snowflake.ts'
import { snowflake as engine } from '../contracts/engines/snowflake.ts'
import { eventually } from '../eventually.ts'
import { startSnowflake, type TestSnowflake } from './snowflake/start-snowflake.ts'

const T0 = Date.UTC(2024, 0, 1)
let server: TestSnowflake
let folder: string
let options: Record<string, unknown>
let opened: Database[]

beforeAll(async () => {
  server = await startSnowflake()
  folder = await mkdtemp(path.join(tmpdir(), 'anomstack-snowflake-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  opened = []
  options = { ...server.options, database: server.freshDatabase(), schema: 'PUBLIC' }
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
})

function open(given: Record<string, unknown> = options): Database {
  const database = snowflake.create(snowflake.options.parse(given), { projectDir: folder })
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

const ONE = [{ one: 1 }]

describe('logging in', () => {
  it('names account, warehouse, role, database and schema', async () => {
    const database = open({ ...options, account: 'myorg-myaccount', warehouse: 'WH', role: 'READER' })
    expect(await database.query('SELECT CURRENT_DATABASE() AS db, CURRENT_SCHEMA() AS schema')).toEqual([
      { db: options.database, schema: 'PUBLIC' },
    ])
    expect((await server.state()).login).toMatchObject({
      account: 'myorg-myaccount',
      query: { warehouse: 'WH', roleName: 'READER', databaseName: options.database, schemaName: 'PUBLIC' },
    })
  })

  it('works with a key pair, as a text or a file, with a passphrase or without', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await server.addPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())
    const { password: _, ...rest } = options
    const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const locked = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'op3n' })
      .toString()
    await writeFile(path.join(folder, 'key.p8'), locked)
    for (const key of [
      { private_key: plain },
      { private_key: plain.replaceAll('\n', '\\n') },
      { private_key: locked, private_key_passphrase: 'op3n' },
      { private_key_path: 'key.p8', private_key_passphrase: 'op3n' },
    ])
      expect(await open({ ...rest, account: 'acme', ...key }).query('SELECT 1 AS one')).toEqual(ONE)
    const failed = (key: Record<string, string>): Promise<unknown> =>
      open({ ...rest, account: 'acme', ...key })
        .query('SELECT 1')
        .catch((error: unknown) => error)
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    for (const key of [
      { private_key_path: 'key.p8', private_key_passphrase: 'wr0ng' },
      { private_key_path: 'key.p8' },
      { private_key_path: 'none.p8' },
      { private_key: 'no key' },
      { private_key: stranger.export({ type: 'pkcs8', format: 'pem' }).toString() },
    ]) {
      const error = await failed(key)
      expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
      expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/wr0ng|op3n|BEGIN [A-Z ]*PRIVATE/)
    }
  })

  it('works with a programmatic access token', async () => {
    const { password, ...rest } = options
    expect(await open({ ...rest, token: password }).query('SELECT 1 AS one')).toEqual(ONE)
  })

  it('sends no telemetry and writes no file into the working directory', async () => {
    const before = await readdir('.')
    const database = open()
    await database.query('SELECT 1')
    await expect(database.query('SELEC')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    await database.close()
    expect((await server.state()).telemetry).toBe(0)
    expect(await readdir('.')).toEqual(before)
  })
})

describe('sessions', () => {
  it('are used again after reading, and ended after what may leave something in them', async () => {
    const database = open()
    await database.query('SELECT 1')
    const { logins } = await server.state()
    for (const sql of [
      'SELECT 1',
      '-- first\n  WITH a AS (SELECT 1) SELECT * FROM a;',
      '/* ; */ select 1 ;\n',
    ])
      await database.query(sql)
    expect((await server.state()).logins).toBe(logins)
    await database.query("ALTER SESSION SET TIMEZONE = 'Asia/Tokyo'; SELECT 1")
    await database.query('SELECT 1')
    expect((await server.state()).logins).toBe(logins + 1)
  })

  it('are opened again when they have expired, also in the middle of many calls', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    await Promise.all(Array.from({ length: 6 }, (_, i) => table.upsert([{ ...row, name: `m${i}` }])))
    await server.expireSessions()
    await Promise.all(Array.from({ length: 10 }, (_, i) => table.upsert([{ ...row, name: `m${i}` }])))
    expect((await table.history({ batch: 'sales', types: ['metric'] })).size).toBe(10)
  })

  it('are all ended by close', async () => {
    const before = (await server.state()).sessions
    const database = open()
    await Promise.all(Array.from({ length: 4 }, () => database.query('SELECT 1')))
    expect((await server.state()).sessions).toBeGreaterThan(before)
    await database.close()
    expect((await server.state()).sessions).toBe(before)
  })

  it('run more statements than there may be sessions, and stop them all', async () => {
    const database = open()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.query(engine.endless, { timeoutMs: 1_500 }).catch((error: { code: string }) => error.code),
      ),
    )
    expect(new Set(outcomes)).toEqual(new Set(['TIMED_OUT']))
    await eventually('the end of all statements', async () => (await server.state()).running === 0)
    expect(await database.query('SELECT 1 AS one')).toEqual(ONE)
  })

  it('tell Snowflake the time limit, for the case that this process dies', async () => {
    await open().query('SELECT 1', { timeoutMs: 60_000 })
    expect((await server.state()).statement_parameters).toMatchObject({ STATEMENT_TIMEOUT_IN_SECONDS: 62 })
  })
})

describe('queries', () => {
  it('give names as users write them, and plain values', async () => {
    const [values] =
      await open().query(`SELECT 1 AS metric_value, 2 AS "Mixed", 3 AS "UPPER 1", 12.34 AS money, 1.5::FLOAT AS single, TRUE AS yes,
      DATE '2024-01-01' AS day, TIMESTAMP_NTZ_FROM_PARTS(2024, 1, 1, 0, 0, 0) AS naive, '2024-01-01 02:00:00+02:00'::TIMESTAMP_TZ AS zoned,
      123456789012345678901234567890 AS big, PARSE_JSON('{"a": [1]}') AS document, NULL AS missing`)
    const day = new Date(T0)
    expect(values).toEqual({
      metric_value: 1,
      Mixed: 2,
      'upper 1': 3,
      money: 12.34,
      single: 1.5,
      yes: true,
      day,
      naive: day,
      zoned: day,
      big: 1.2345678901234568e29,
      document: { a: [1] },
      missing: null,
    })
    expect(Object.keys(values!.day as object)).toEqual([])
  })

  it('work in UTC, whatever the account says', async () => {
    expect(await open().query("SELECT '2024-01-01 00:00:00'::TIMESTAMP_TZ AS at")).toEqual([
      { at: new Date(T0) },
    ])
  })
})

describe('tables', () => {
  it("reads and writes one of the original's: quoted names in small letters, times as texts", async () => {
    const database = open()
    await database.query(`CREATE TABLE "metrics" ("metric_timestamp" VARCHAR, "metric_batch" VARCHAR, "metric_name" VARCHAR, "metric_type" VARCHAR,
      "metric_value" FLOAT, "metadata" VARCHAR);
      INSERT INTO "metrics" VALUES ('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 5, NULL), ('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 7, NULL),
      ('2024-01-01 00:00:01.500000', 'sales', 'revenue', 'metric', 8, NULL), ('no time', 'sales', 'revenue', 'metric', 9, NULL)`)
    const table = database.metricsTable('metrics')
    await table.ensure()
    const points = async (): Promise<unknown> => {
      const found = (await table.history({ batch: 'sales', types: ['metric'] }))
        .get('revenue')!
        .get('metric')!
      return [[...found.timestamps], [...found.values]]
    }
    expect(await points()).toEqual([
      [T0, T0 + 1_500],
      [6, 8],
    ])
    await table.upsert([
      row,
      { ...row, timestamp: T0 + 1_500, value: 2 },
      { ...row, timestamp: T0 + 1, value: 3 },
    ])
    expect(await points()).toEqual([
      [T0, T0 + 1, T0 + 1_500],
      [1, 3, 2],
    ])
    expect(await table.deleteRows([row])).toBe(2)
    expect(await table.deleteBefore({ batch: 'sales', before: T0 + 2 })).toBe(1)
    expect(await database.query('SELECT count(*) AS n FROM "metrics"')).toEqual([{ n: 2 }])
  })

  it('reads zoned times as the moments that they are', async () => {
    const database = open()
    await database.query(`CREATE TABLE metrics (metric_timestamp TIMESTAMP_TZ, metric_batch VARCHAR, metric_name VARCHAR, metric_type VARCHAR, metric_value NUMBER(10, 2),
      metadata VARCHAR); INSERT INTO metrics VALUES ('2024-01-01 02:00:00+02:00', 'sales', 'revenue', 'metric', 5, NULL)`)
    const table = database.metricsTable('metrics')
    await table.upsert([
      { ...row, value: 6 },
      { ...row, timestamp: T0 + 1 },
    ])
    const series = (await table.history({ batch: 'sales', types: ['metric'], since: T0, maxPoints: 9 }))
      .get('revenue')!
      .get('metric')!
    expect([[...series.timestamps], [...series.values]]).toEqual([
      [T0, T0 + 1],
      [6, 1],
    ])
  })

  it('is named by database, schema and table, and found again by another process of that name', async () => {
    const elsewhere = server.freshDatabase()
    await open({ ...options, database: elsewhere }).query('SELECT 1')
    const table = open().metricsTable(`${elsewhere.toLowerCase()}.new_schema.metrics`)
    await table.ensure()
    await table.upsert([row])
    const same = open({ ...options, database: elsewhere, schema: 'NEW_SCHEMA' }).metricsTable('Metrics')
    expect((await same.history({ batch: 'sales', types: ['metric'] })).size).toBe(1)
  })

  it('gathers what does not fit into one text, and puts long series together again', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    const note = `{"text":"${'é"\\n'.repeat(40)}"}`
    const rows = Array.from({ length: 12_001 }, (_, i) => ({
      ...row,
      timestamp: T0 + i * 1_000,
      value: i / 3,
      metadata: `${note}${i}`,
    }))
    const more = rows.flatMap((each) => [each, { ...each, name: 'b' }, { ...each, name: 'c' }])
    expect(await table.upsert(more)).toBe(36_003)
    const series = (await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] }))
      .get('b')!
      .get('metric')!
    expect([...series.timestamps]).toEqual(rows.map(({ timestamp }) => timestamp))
    expect([...series.values]).toEqual(rows.map(({ value }) => value))
    expect(series.metadata).toEqual(rows.map(({ metadata }) => metadata))
    expect(await table.deleteRows(more)).toBe(36_003)
    expect((await database.tables!()).map(({ name }) => name)).toEqual(['METRICS'])
  })

  it('looks again when a table was made anew', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert([row])
    await database.query('DROP TABLE metrics')
    await expect(table.upsert([row])).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    await database.query('CREATE TABLE metrics (id integer)')
    await expect(table.upsert([row])).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('no metrics table'),
    })
  })
})
