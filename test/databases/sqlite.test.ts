import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MetricRow } from '../../src/core/metric-row.ts'
import type { Database } from '../../src/databases/database.ts'
import { sqlite } from '../../src/databases/sqlite.ts'

const T0 = Date.UTC(2024, 0, 1)
let folder: string
let opened: Database[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anomstack-sqlite-'))
  opened = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(options: Record<string, unknown> = { path: 'test.db' }): Database {
  const database = sqlite.create(sqlite.options.parse(options), { projectDir: folder })
  opened.push(database)
  return database
}

const rows = (count: number, part: Partial<MetricRow> = {}): MetricRow[] =>
  Array.from({ length: count }, (_, i) => ({
    timestamp: T0 + i * 60_000,
    batch: 'sales',
    name: 'revenue',
    type: 'metric',
    value: i,
    metadata: '',
    ...part,
  }))

function startWriter(path: string, series: number, points: number, value: number): ChildProcess {
  return fork(
    new URL('./sqlite-writer.ts', import.meta.url),
    [path, String(series), String(points), String(value)],
    {
      execArgv: ['--import', 'tsx'],
      detached: true,
    },
  )
}

const counted = async (database: Database): Promise<unknown> =>
  (await database.query('SELECT count(*) AS n FROM metrics'))[0]?.n

describe('files', () => {
  it('creates the folder of a relative path beside the project, also for a bare file name', async () => {
    for (const path of ['bare.db', 'new/deeper/file.db']) {
      await open({ path }).query('SELECT 1')
      expect(existsSync(join(folder, path))).toBe(true)
    }
  })

  it('has a default path', () => {
    expect(sqlite.options.parse({})).toEqual({ path: 'tmpdata/anomstack-sqlite.db' })
    expect(sqlite.environment).toMatchObject({ path: 'ANOMSTACK_SQLITE_PATH' })
  })

  it('says which file it cannot open', async () => {
    writeFileSync(join(folder, 'file'), 'x')
    mkdirSync(join(folder, 'folder.db'))
    writeFileSync(join(folder, 'text.db'), 'this is not a database, '.repeat(1000))
    for (const path of ['file/below.db', 'folder.db', 'text.db']) {
      const refused = { code: 'CONNECTION_FAILED', message: expect.stringContaining(join(folder, path)) }
      await expect(open({ path }).query('SELECT 1')).rejects.toMatchObject(refused)
      await expect(open({ path }).metricsTable('metrics').ensure()).rejects.toMatchObject(refused)
    }
    rmSync(join(folder, 'file'))
  })

  it('opens a file as soon as what kept it from it is gone', async () => {
    writeFileSync(join(folder, 'file'), 'x')
    const database = open({ path: 'file/below.db' })
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
    rmSync(join(folder, 'file'))
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('keeps everything in memory where asked to', async () => {
    const database = open({ path: ':memory:' })
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert(rows(5))
    expect(await counted(database)).toBe(5)
    expect(existsSync(join(folder, ':memory:'))).toBe(false)
  })

  it('keeps the old rows when the disk is full', async () => {
    const database = open({ path: 'small.db', max_megabytes: 1 })
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert(rows(100))
    await expect(table.upsert(rows(50_000, { name: 'more' }))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      retryable: true,
      message: expect.stringContaining('full'),
    })
    expect(await counted(database)).toBe(100)
    expect(await table.upsert(rows(100, { value: 5 }))).toBe(100)
  })
})

describe('processes', () => {
  it('writes from three processes at once, each row once', async () => {
    const path = join(folder, 'shared.db')
    const writers = [1, 2, 3].map((value) => startWriter(path, 20, 500, value))
    const ends = await Promise.all(writers.map((writer) => once(writer, 'exit')))
    expect(ends.map(([status]) => status as number)).toEqual([0, 0, 0])
    const database = open({ path })
    expect(await counted(database)).toBe(10_000)
    const history = await database.metricsTable('metrics').history({ batch: 'shared', types: ['metric'] })
    // Calls are atomic: all of a metric's points are of one writer.
    for (const types of history.values()) expect(new Set(types.get('metric')?.values).size).toBe(1)
  })

  it.each([0, 20, 60, 150, 300])(
    'keeps all or nothing of an upsert when everything is killed after %i ms',
    async (delay) => {
      const path = join(folder, 'killed.db')
      const writer = startWriter(path, 1, 150_000, 1)
      await once(writer, 'message')
      await wait(delay)
      const gone = once(writer, 'exit')
      process.kill(-writer.pid!, 'SIGKILL')
      await gone
      const database = open({ path })
      expect([0, 150_000]).toContain(await counted(database))
      const table = database.metricsTable('metrics')
      await table.upsert(rows(10))
      expect((await database.query('PRAGMA integrity_check'))[0]).toEqual({ integrity_check: 'ok' })
    },
  )

  it('ends the SQLite process when its parent is killed', async () => {
    const path = join(folder, 'orphan.db')
    const writer = startWriter(path, 1, 150_000, 1)
    await once(writer, 'message')
    writer.kill('SIGKILL')
    // The lock of an orphan would keep this from ending.
    const table = open({ path }).metricsTable('metrics')
    await table.upsert(rows(10))
    expect((await table.history({ batch: 'sales', types: ['metric'] })).size).toBe(1)
  })

  it('goes on when its process has crashed', async () => {
    const database = open({ path: ':memory:' })
    await database.query('CREATE TABLE t (a)')
    const controller = new AbortController()
    const running = database.query(
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c',
      {
        signal: controller.signal,
      },
    )
    const waiting = database.query('SELECT 1 AS one')
    await wait(100)
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
    expect(await waiting).toEqual([{ one: 1 }])
    // What was in memory is gone with it, as documented.
    await expect(database.query('SELECT * FROM t')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
  })

  it('leaves the queue at once when a waiting call is canceled', async () => {
    const database = open()
    const endless = database.query(
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c',
      {
        timeoutMs: 1_000,
      },
    )
    const waiting = database.query('SELECT 1', { timeoutMs: 50 })
    const next = database.query('SELECT 1 AS one')
    await expect(waiting).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringContaining(' 50 ms'),
    })
    await expect(endless).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(await next).toEqual([{ one: 1 }])
  })
})

describe("tables of the original's", () => {
  const shapes: readonly (readonly [string, number])[] = [
    [`'2024-01-01 00:00:00'`, T0],
    [`'2024-01-01T00:00:01Z'`, T0 + 1_000],
    [`'2024-01-01T02:00:02.5+02:00'`, T0 + 2_500],
    [`'2024-01-01 00:00:03.123456'`, T0 + 3_123],
    [`'2024-01-01 00:00:04+00:00'`, T0 + 4_000],
    [String((T0 + 5_000) / 1000), T0 + 5_000],
    [String(T0 + 6_000), T0 + 6_000],
    [`${T0 + 7_000}000000`, T0 + 7_000],
    [`'${T0 + 8_000}'`, T0 + 8_000],
    [`'2024-01-02'`, T0 + 86_400_000],
  ]
  const fill = (database: Database, column: string): Promise<unknown> =>
    database.query(`CREATE TABLE metrics (metric_timestamp ${column}, metric_batch TEXT, metric_name TEXT, metric_type TEXT, metric_value REAL, metadata TEXT);
      ${shapes.map(([sql], i) => `INSERT INTO metrics VALUES (${sql}, 'sales', 'revenue', 'metric', ${i}, NULL)`).join(';')};
      INSERT INTO metrics VALUES ('yesterday', 'sales', 'revenue', 'metric', 99, NULL)`)

  it.each(['TEXT', 'INTEGER', 'TIMESTAMP', ''])(
    'reads every shape of timestamp in a column of type "%s"',
    async (column) => {
      const database = open()
      await fill(database, column)
      const table = database.metricsTable('metrics')
      await table.ensure()
      const read = async (query = {}) => {
        const history = await table.history({ batch: 'sales', types: ['metric'], ...query })
        return [...history.get('revenue')!.get('metric')!.timestamps]
      }
      expect(await read()).toEqual(shapes.map(([, timestamp]) => timestamp))
      expect(await read({ since: T0 + 3_000, until: T0 + 6_000, maxPoints: 3 })).toEqual(
        [4_000, 5_000, 6_000].map((ms) => T0 + ms),
      )
      await table.upsert(shapes.map(([, timestamp]) => ({ ...rows(1)[0]!, timestamp, value: 7 })))
      expect(await counted(database)).toBe(shapes.length + 1)
      expect(await table.deleteBefore({ batch: 'sales', before: T0 + 4_000 })).toBe(4)
    },
  )

  it('reads a table without an index, as in a file that cannot be written', async () => {
    const database = open()
    await fill(database, 'TEXT')
    const history = await database
      .metricsTable('metrics')
      .history({ batch: 'sales', types: ['metric'], maxPoints: 2 })
    expect([...history.get('revenue')!.get('metric')!.values]).toEqual([8, 9])
    expect(await database.metricsTable('metrics').summary({ since: T0 + 1 })).toHaveLength(1)
  })
})

describe('queries', () => {
  it('runs triggers, backticks and brackets as they are', async () => {
    const database = open()
    const sql = `CREATE TABLE \`a;b\` (x, y); CREATE TABLE [log;] (x);
      CREATE TEMP TRIGGER copy AFTER INSERT ON \`a;b\` BEGIN INSERT INTO [log;] VALUES (CASE new.x WHEN 1 THEN 'one' END); INSERT INTO [log;] VALUES (2); END;
      INSERT INTO \`a;b\` VALUES (1, x'00ff'); SELECT l.x, a.y FROM [log;] l, \`a;b\` a ORDER BY l.rowid;`
    expect(await database.query(sql)).toEqual([
      { x: 'one', y: Uint8Array.of(0, 255) },
      { x: 2, y: Uint8Array.of(0, 255) },
    ])
  })
})

describe('bugs of the original', () => {
  it('4 BUG: a bare file name as path crashed', async () => {
    expect(await open({ path: 'foo.db' }).query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it("4 BUG: a quote in a name broke the insert (it's), and a value that is no number was written as bare nan", async () => {
    const table = open().metricsTable('metrics')
    await table.ensure()
    await table.upsert(rows(2, { name: "it's", metadata: "it's" }))
    await expect(table.upsert(rows(1, { value: Number.NaN }))).rejects.toMatchObject({ code: 'ROWS_INVALID' })
    const history = await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })
    expect(history.get("it's")!.get('metric')!.metadata).toEqual(["it's", "it's"])
  })

  it('4 BUG: only the first of several statements ran, and backticks did not parse', async () => {
    expect(
      await open().query('CREATE TABLE `t` (`a`); INSERT INTO `t` VALUES (1); SELECT `a` FROM `t`;'),
    ).toEqual([{ a: 1 }])
  })

  it('4 BUG: any failure of a write made it create the table, which hid the failure', async () => {
    const database = open()
    await database.query('CREATE TABLE metrics (something_else)')
    await expect(database.metricsTable('metrics').upsert(rows(1))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    })
    expect(await database.query('SELECT name FROM sqlite_master')).toEqual([{ name: 'metrics' }])
  })

  it('4 BUG: column types followed the first rows that were written', async () => {
    const database = open()
    const table = database.metricsTable('metrics')
    await table.ensure()
    await table.upsert(rows(1, { value: 1 }))
    await table.upsert(rows(1, { value: 1.5 }))
    expect(
      await database.query(
        'SELECT typeof(metric_value) AS t, metric_value AS v, metric_timestamp AS at FROM metrics',
      ),
    ).toEqual([{ t: 'real', v: 1.5, at: '2024-01-01 00:00:00.000' }])
  })
})
