import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { duckdb } from '../../src/databases/duckdb.ts'

const T0 = Date.UTC(2024, 0, 1)
let folder: string
let opened: Database[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anomstack-duckdb-'))
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(path = 'test.db'): Database {
  const database = duckdb.create(duckdb.options.parse({ path }), { projectDir: folder })
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

describe('files', () => {
  it('creates the folder of a relative path beside the project, also for a bare file name', async () => {
    for (const path of ['bare.db', 'new/deeper/file.db']) {
      await open(path).query('SELECT 1')
      expect(existsSync(join(folder, path))).toBe(true)
    }
    expect(duckdb.options.parse({})).toEqual({ path: 'tmpdata/anomstack-duckdb.db' })
  })

  it('names the process that has the file open, and opens it once that has ended', async () => {
    const path = join(folder, 'held.db')
    const holder = fork(new URL('./duckdb-holder.ts', import.meta.url), [path], {
      execArgv: ['--import', 'tsx'],
    })
    await once(holder, 'message')
    const database = open(path)
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: true,
      message: expect.stringMatching(new RegExp(`${path}.*PID ${holder.pid}.*one process`)),
    })
    holder.send('end')
    await once(holder, 'exit')
    expect(await database.query('SELECT * FROM held')).toEqual([])
  })

  it('is shared by all databases of a process that name the file', async () => {
    const first = open()
    const second = open(join(folder, 'test.db'))
    await first.query('CREATE TABLE t (a integer)')
    expect(await second.query('SELECT * FROM t')).toEqual([])
    await first.close()
    expect(await second.query('SELECT * FROM t')).toEqual([])
  })

  it('keeps each database in memory apart', async () => {
    const first = open(':memory:')
    await first.query('CREATE TABLE t (a integer)')
    expect(await first.query('SELECT * FROM t')).toEqual([])
    await expect(open(':memory:').query('SELECT * FROM t')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
  })

  it('says which file it cannot open', async () => {
    writeFileSync(join(folder, 'file'), 'this is not a database, '.repeat(1000))
    for (const path of ['file', 'file/below.db'])
      await expect(open(path).query('SELECT 1')).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining(join(folder, path)),
      })
  })
})

it('gives plain values of every type', async () => {
  const [values] =
    await open().query(`SELECT 1::TINYINT AS tiny, 9007199254740991::BIGINT AS big, 18446744073709551615::UBIGINT AS ubig,
    (10::HUGEINT ** 20)::HUGEINT AS huge, 12.34::DECIMAL(10, 2) AS money, 1.5::FLOAT AS single, true AS yes, 'x' AS text, '\\x00\\xFF'::BLOB AS bytes,
    DATE '2024-01-01' AS day, TIMESTAMP '2024-01-01 00:00:00.5' AS naive, TIMESTAMPTZ '2024-01-01 02:00:00+02' AS zoned,
    '2024-01-01'::TIMESTAMP_S AS seconds, '2024-01-01'::TIMESTAMP_MS AS millis, '2024-01-01'::TIMESTAMP_NS AS nanos, 'infinity'::TIMESTAMP AS never,
    TIME '12:34:56' AS time, INTERVAL 2 DAY AS span, [1::BIGINT, NULL] AS list, {'a': 1::BIGINT, 'b': [DATE '2024-01-01']} AS struct,
    MAP {'k': 1::BIGINT} AS map, 'b4a3c2d1-0000-4000-8000-000000000000'::UUID AS id, 'a'::ENUM ('a', 'b') AS choice, NULL AS missing`)
  const day = new Date(T0)
  expect(values).toEqual({
    tiny: 1,
    big: Number.MAX_SAFE_INTEGER,
    ubig: 2 ** 64,
    huge: 1e20,
    money: 12.34,
    single: 1.5,
    yes: true,
    text: 'x',
    bytes: Uint8Array.of(0, 255),
    day,
    naive: new Date(T0 + 500),
    zoned: day,
    seconds: day,
    millis: day,
    nanos: day,
    never: 'infinity',
    time: '12:34:56',
    span: '2 days',
    list: [1, null],
    struct: { a: 1, b: [day] },
    map: [{ key: 'k', value: 1 }],
    id: 'b4a3c2d1-0000-4000-8000-000000000000',
    choice: 'a',
    missing: null,
  })
})

it.each(['TIMESTAMP', 'TIMESTAMPTZ', 'TIMESTAMP_NS', 'TIMESTAMP_S', 'VARCHAR'])(
  "reads and writes the original's tables whose timestamps are %s",
  async (type) => {
    const database = open()
    await database.query(`CREATE SCHEMA s; CREATE TABLE s.metrics AS SELECT '2024-01-01 00:00:00'::${type} AS metric_timestamp, 'sales' AS metric_batch,
      'revenue' AS metric_name, 'metric' AS metric_type, 5 AS metric_value, NULL::VARCHAR AS metadata`)
    const table = database.metricsTable('s.metrics')
    await table.ensure()
    await table.upsert([
      { ...row, value: 6 },
      { ...row, timestamp: T0 + 60_000, value: 7 },
    ])
    await table.upsert([{ ...row, timestamp: T0 + 60_000, value: 8 }])
    const series = (await table.history({ batch: 'sales', types: ['metric'], since: T0, until: T0 + 60_000 }))
      .get('revenue')!
      .get('metric')!
    expect([[...series.timestamps], [...series.values]]).toEqual([
      [T0, T0 + 60_000],
      [6, 8],
    ])
    expect(await database.query('SELECT count(*) AS n FROM s.metrics')).toEqual([{ n: 2 }])
  },
)

describe('bugs of the original', () => {
  it('4 BUG: a path of MotherDuck that could not be reached fell back silently to the local file', async () => {
    await expect(open('md:mine').query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
    expect(readdirSync(folder)).toEqual([])
  })

  it('4 BUG: any failure of a write made it create the table, which hid the failure', async () => {
    const database = open()
    await database.query('CREATE TABLE metrics (something_else integer)')
    await expect(database.metricsTable('metrics').upsert([row])).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    })
    expect(await database.query('SELECT * FROM metrics')).toEqual([])
  })

  it('4 BUG: connections were left open, so that the file stayed locked', async () => {
    const path = join(folder, 'free.db')
    const database = open(path)
    await database.query('SELECT 1')
    await expect(database.query('nonsense')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
    await database.close()
    const holder = fork(new URL('./duckdb-holder.ts', import.meta.url), [path], {
      execArgv: ['--import', 'tsx'],
    })
    expect((await once(holder, 'message'))[0]).toBe('open')
    holder.send('end')
    await once(holder, 'exit')
  })
})
