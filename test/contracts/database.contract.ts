import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tableSql } from '../../src/cli/table-batches.ts'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'
import { type Database, type History, type MetricsTable, metricNames } from '../../src/databases/database.ts'
import { databases } from '../../src/databases/index.ts'
import { eventually } from '../eventually.ts'
import { type Engine, open } from './engine.ts'

const T0 = Date.UTC(2024, 0, 1)
const MINUTE = 60_000

function row(part: Partial<MetricRow> = {}): MetricRow {
  return { timestamp: T0, batch: 'sales', name: 'revenue', type: 'metric', value: 1, metadata: '', ...part }
}

function minutes(count: number, part: Partial<MetricRow> = {}): MetricRow[] {
  return Array.from({ length: count }, (_, i) => row({ timestamp: T0 + i * MINUTE, value: i, ...part }))
}

function plain(
  history: History,
): Record<string, Record<string, { at: number[]; values: number[]; metadata?: readonly string[] }>> {
  return Object.fromEntries(
    [...history].map(([name, types]) => [
      name,
      Object.fromEntries(
        [...types].map(([type, { timestamps, values, metadata }]) => [
          type,
          { at: [...timestamps], values: [...values], ...(metadata === undefined ? {} : { metadata }) },
        ]),
      ),
    ]),
  )
}

/** What every database that holds metrics tables promises. */
export function databaseContract(engine: Engine): void {
  describe(engine.name, () => {
    let options: Record<string, unknown>
    let database: Database
    let table: MetricsTable

    beforeAll(() => engine.start())
    afterAll(() => engine.stop())
    beforeEach(async () => {
      options = await engine.freshOptions()
      database = open(engine, options)
      table = database.metricsTable('metrics')
    })
    afterEach(() => database.close())

    /** A check under its name, unless the engine says why it cannot meet it. */
    const check = (name: string, body: () => Promise<void>): void => {
      if (engine.exemptions[name] === undefined) it(name, body)
    }
    /** Statements of this suite as the engine writes them. */
    const inSql = (sql: string): string => engine.translated?.(sql) ?? sql
    const spelled = (name: string): string => engine.spelled?.(name) ?? name

    const all = (metrics?: readonly string[]): Promise<History> =>
      table.history({
        batch: 'sales',
        types: ['metric', 'score'],
        ...(metrics === undefined ? {} : { metrics }),
      })

    it('declares options that its example meets, each described', () => {
      const definition = databases.get(engine.name)!
      expect(definition.options.safeParse(definition.example).success).toBe(true)
      for (const option of Object.values(definition.options.shape))
        expect(option.meta()?.description).toMatch(/\w/)
      expect(Object.keys(definition.options.shape)).toEqual(
        expect.arrayContaining(Object.keys(definition.environment ?? {})),
      )
    })

    describe('ensure', () => {
      it('can be repeated, and run many times at once', async () => {
        const other = open(engine, options)
        await Promise.all([
          table.ensure(),
          table.ensure(),
          other.metricsTable('metrics').ensure(),
          other.metricsTable('metrics').ensure(),
        ])
        await table.upsert([row()])
        await table.ensure()
        await other.close()
        expect(plain(await all())).toEqual({ revenue: { metric: { at: [T0], values: [1] } } })
      })

      it.each(
        engine.tableNames ?? [
          'sales.metrics',
          '"odd.schema".`odd.table`',
          `"it's ""quoted"""`,
          'ünïcode 📈',
          'select',
          'a.select',
        ],
      )('makes a table named %s', async (name) => {
        const odd = database.metricsTable(name)
        await odd.ensure()
        await odd.ensure()
        await odd.upsert([row(), row({ value: 2 })])
        expect(
          (await odd.history({ batch: 'sales', types: ['metric'] })).get('revenue')?.get('metric')?.values,
        ).toEqual(Float64Array.of(2))
        expect(await odd.deleteRows([row()])).toBe(1)
      })

      it.each(['', '.', 'a.', '.a', 'a..b', '"open', 'a\0b'])('refuses the name %j', (name) => {
        expect(() => database.metricsTable(name)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
      })

      it('refuses a table of that name that is no metrics table, and leaves it alone', async () => {
        await database.query('CREATE TABLE metrics (id integer)')
        await expect(table.ensure()).rejects.toMatchObject({
          code: 'WRITE_FAILED',
          retryable: false,
          message: expect.stringContaining('metric_timestamp'),
        })
        expect(await database.query('SELECT * FROM metrics')).toEqual([])
      })

      it('says that a table is missing when it was not called', async () => {
        await expect(all()).rejects.toMatchObject({ code: 'QUERY_FAILED' })
        await expect(table.upsert([row()])).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      })
    })

    describe('upsert', () => {
      beforeEach(() => table.ensure())

      it('twice is once, and the later values win', async () => {
        expect(await table.upsert(minutes(500))).toBe(500)
        expect(
          await table.upsert(
            minutes(500).map((each) => ({ ...each, value: each.value + 0.5, metadata: '{"a":1}' })),
          ),
        ).toBe(500)
        const series = (await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] }))
          .get('revenue')
          ?.get('metric')
        expect([...series!.values]).toEqual(minutes(500).map(({ value }) => value + 0.5))
        expect(new Set(series!.metadata)).toEqual(new Set(['{"a":1}']))
      })

      it('takes the last of two rows with one key, in any order of times', async () => {
        const rows = [
          row({ timestamp: T0 + 2, value: 1 }),
          row({ value: 2 }),
          row({ timestamp: T0 + 2, value: 3, metadata: 'x' }),
          row({ value: 4 }),
        ]
        expect(await table.upsert(rows)).toBe(2)
        expect(
          plain(await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })),
        ).toEqual({
          revenue: { metric: { at: [T0, T0 + 2], values: [4, 3], metadata: ['', 'x'] } },
        })
      })

      it('of nothing does nothing', async () => {
        expect(await table.upsert([])).toBe(0)
        expect((await all()).size).toBe(0)
      })

      it('keeps every finite double and every millisecond exactly', async () => {
        const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), {
          numRuns: 2_000,
          seed: 7,
        })
        const values = [
          ...doubles,
          0.1 + 0.2,
          Number.MAX_SAFE_INTEGER,
          Number.MIN_VALUE,
          -Number.MAX_VALUE,
          1e21,
          5,
        ]
        const rows = values.map((value, i) => row({ timestamp: T0 + i * 997, value }))
        const edges = [-62135596800000, -1, 0, 1, 253402300799999].map((timestamp) =>
          row({ timestamp, name: 'edges' }),
        )
        await table.upsert([...rows, ...edges])
        const history = plain(await all())
        expect(history.revenue?.metric?.at).toEqual(rows.map(({ timestamp }) => timestamp))
        // A database need not tell -0 from 0.
        expect(history.revenue?.metric?.values.map((value) => value + 0)).toEqual(
          values.map((value) => value + 0),
        )
        expect(history.edges?.metric?.at).toEqual(edges.map(({ timestamp }) => timestamp))
      })

      const names = [
        `it's`,
        '"; DROP TABLE metrics; --',
        'a\\b\tc\nd\r',
        '日本語 📈 é',
        '__proto__',
        'constructor',
        '\\N',
        '\\.',
        ' ',
        'null',
        '{a,"b"}',
        '%s$1?',
        'a/b',
      ]
      it.each([2, 3_000])('takes hostile names and metadata, by %i rows each', async (count) => {
        const metadata = `{"text":"it's \\"quoted\\", \\\\ \t \n ü 📈"}`
        await table.upsert(names.flatMap((name) => minutes(name === 'a/b' ? count : 2, { name, metadata })))
        const history = await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })
        expect([...history.keys()]).toEqual([...names].sort())
        for (const name of names) expect(history.get(name)?.get('metric')?.metadata?.[1]).toBe(metadata)
        expect([...(await all(names)).keys()]).toEqual([...names].sort())
        const odd = { ...row({ batch: names[1]!, name: names[0]! }) }
        await table.upsert([odd])
        expect((await table.history({ batch: names[1]!, types: ['metric'] })).size).toBe(1)
      })

      it('takes a name of 10 KB, or refuses it clearly', async () => {
        const long = row({
          name: Array.from({ length: 10_000 }, (_, i) => String.fromCharCode(97 + ((i * i * 7) % 26))).join(
            '',
          ),
        })
        if (engine.exemptions['a name of 10 KB'] === undefined) {
          await table.upsert([long])
          expect([...(await all()).keys()]).toEqual([long.name])
        } else
          await expect(table.upsert([long])).rejects.toMatchObject({
            code: 'ROWS_INVALID',
            message: expect.stringContaining(engine.longestName ?? '2500'),
          })
      })

      it.each([
        ['NaN', { value: Number.NaN }],
        ['infinite', { value: Number.POSITIVE_INFINITY }],
        ['null', { value: null as unknown as number }],
        ['text', { value: '5' as unknown as number }],
        ['NUL', { name: 'a\0b' }],
        ['NUL in metadata', { metadata: 'a\0b' }],
        ['half a character', { name: 'a\ud800' }],
        ['no name', { name: '' }],
        ['no time', { timestamp: Number.NaN }],
        ['year 10000', { timestamp: 253402300800000 }],
      ])('refuses a row with %s, naming batch and metric, and writes none', async (_, part) => {
        const bad = row({ name: 'bad one', timestamp: T0 + 1, ...part })
        await expect(table.upsert([row(), bad])).rejects.toMatchObject({
          code: 'ROWS_INVALID',
          message: expect.stringContaining('batch "sales", metric'),
        })
        expect((await all()).size).toBe(0)
      })

      it('writes from many callers at once without loss or doubles', async () => {
        const other = open(engine, options)
        const tables = [table, other.metricsTable('metrics')]
        await Promise.all(
          Array.from({ length: 12 }, (_, i) =>
            tables[i % 2]!.upsert(minutes(200, { name: `m${i % 3}`, value: i })),
          ),
        )
        await other.close()
        const history = await all()
        expect([...history.keys()]).toEqual(['m0', 'm1', 'm2'])
        for (const types of history.values()) {
          expect(types.get('metric')?.timestamps.length).toBe(200)
          // Each call is atomic, so one caller's rows have won as a whole.
          expect(new Set(types.get('metric')?.values).size).toBe(1)
        }
      })

      it('takes 100,000 rows and gives them back', async () => {
        const rows = Array.from({ length: 100 }, (_, i) => minutes(1_000, { name: `m${i}` })).flat()
        expect(await table.upsert(rows)).toBe(100_000)
        expect(await table.upsert(rows.toReversed())).toBe(100_000)
        const history = await all()
        expect(history.size).toBe(100)
        expect([...history.get('m99')!.get('metric')!.values]).toEqual(
          minutes(1_000).map(({ value }) => value),
        )
      })

      it('keeps what it had, when it is canceled in the middle, and works on', async () => {
        await table.upsert(minutes(10))
        const rows = Array.from({ length: 100 }, (_, i) => minutes(1_000, { name: `m${i}`, value: 7 })).flat()
        const controller = new AbortController()
        const writing = table.upsert(rows, { signal: controller.signal })
        await wait(1)
        controller.abort()
        const outcome = await writing.catch((error: { code: string }) => error.code)
        expect(['CANCELED', 100_000]).toContain(outcome)
        const after = await all()
        expect([1, 101]).toContain(after.size)
        expect(after.size).toBe(outcome === 'CANCELED' ? 1 : 101)
        expect(await table.upsert([row({ timestamp: T0 - 1 })])).toBe(1)
      })
    })

    describe('history', () => {
      beforeEach(() => table.ensure())

      it('gives metrics in code-unit order, times ascending, and only types that have rows', async () => {
        // U+FF5E sorts before an astral character by bytes and after it by code units.
        const names = ['\uff5e', '😀', 'b', 'B', 'a', 'ä', '10', '9']
        await table.upsert(names.flatMap((name) => minutes(3, { name })).toReversed())
        await table.upsert([
          row({ name: 'a', type: 'score', value: 0.5 }),
          row({ name: 'other', batch: 'x' }),
          row({ name: 'none', type: 'alert' }),
        ])
        const history = await all()
        expect([...history.keys()]).toEqual([...names].sort())
        expect([...history.get('a')!.keys()].sort()).toEqual(['metric', 'score'])
        expect([...history.get('b')!.keys()]).toEqual(['metric'])
        for (const types of history.values())
          expect([...types.get('metric')!.timestamps]).toEqual(minutes(3).map(({ timestamp }) => timestamp))
      })

      it('counts since and until in', async () => {
        await table.upsert(minutes(10))
        const some = await table.history({
          batch: 'sales',
          types: ['metric'],
          since: T0 + 3 * MINUTE,
          until: T0 + 5 * MINUTE,
        })
        expect([...some.get('revenue')!.get('metric')!.values]).toEqual([3, 4, 5])
        const inside = await table.history({
          batch: 'sales',
          types: ['metric'],
          since: T0 + 3 * MINUTE + 1,
          until: T0 + 5 * MINUTE - 1,
        })
        expect([...inside.get('revenue')!.get('metric')!.values]).toEqual([4])
        const open = await table.history({ batch: 'sales', types: ['metric'], since: -1e300, until: 1e300 })
        expect(open.get('revenue')!.get('metric')!.values.length).toBe(10)
      })

      it('keeps the newest maxPoints of each metric and type', async () => {
        await table.upsert([...minutes(10), ...minutes(4, { name: 'b' }), ...minutes(8, { type: 'score' })])
        const newest = plain(
          await table.history({
            batch: 'sales',
            types: ['metric', 'score'],
            maxPoints: 5,
            until: T0 + 8 * MINUTE,
          }),
        )
        expect(newest.revenue?.metric?.values).toEqual([4, 5, 6, 7, 8])
        expect(newest.revenue?.score?.values).toEqual([3, 4, 5, 6, 7])
        expect(newest.b?.metric?.values).toEqual([0, 1, 2, 3])
      })

      it('filters by 10,000 names, and none is none', async () => {
        await table.upsert(Array.from({ length: 200 }, (_, i) => row({ name: `m${i}` })))
        const names = Array.from({ length: 10_000 }, (_, i) => `m${i * 2}`)
        expect((await all(names)).size).toBe(100)
        expect((await all([])).size).toBe(0)
        expect((await all(['m1', 'm1', 'nobody'])).size).toBe(1)
        expect((await table.history({ batch: 'sales', types: [] })).size).toBe(0)
      })

      it('gives metadata only of the types that it is wanted of', async () => {
        await table.upsert([
          ...minutes(2, { metadata: '{"a":1}' }),
          ...minutes(2, { type: 'score', metadata: '{"b":2}' }),
        ])
        const history = await table.history({
          batch: 'sales',
          types: ['metric', 'score'],
          metadataOf: ['score'],
        })
        expect(history.get('revenue')!.get('metric')).not.toHaveProperty('metadata')
        expect(history.get('revenue')!.get('score')!.metadata).toEqual(['{"b":2}', '{"b":2}'])
      })

      it('gives each series arrays of its own, which can be transferred to a thread', async () => {
        await table.upsert([...minutes(3), ...minutes(3, { name: 'b' })])
        const history = await all()
        structuredClone(history.get('b')!.get('metric')!.values, {
          transfer: [history.get('b')!.get('metric')!.values.buffer as ArrayBuffer],
        })
        expect([...history.get('revenue')!.get('metric')!.values]).toEqual([0, 1, 2])
      })
    })

    describe('deleting and summary', () => {
      beforeEach(() => table.ensure())

      it('deleteBefore takes every type of the one batch, and spares the bound', async () => {
        await table.upsert([
          ...minutes(10),
          ...minutes(10, { type: 'score' }),
          ...minutes(10, { batch: 'other' }),
        ])
        expect(await table.deleteBefore({ batch: 'sales', before: T0 + 4 * MINUTE })).toBe(8)
        expect(await table.deleteBefore({ batch: 'sales', before: T0 + 4 * MINUTE })).toBe(0)
        expect(plain(await all()).revenue?.metric?.values).toEqual([4, 5, 6, 7, 8, 9])
        expect(
          (await table.history({ batch: 'other', types: ['metric'] })).get('revenue')!.get('metric')!.values
            .length,
        ).toBe(10)
      })

      it('deleteRows takes exactly the keys', async () => {
        await table.upsert([...minutes(10), ...minutes(10, { type: 'score' })])
        const keys = [
          row(),
          row(),
          row({ timestamp: T0 + 5 * MINUTE, type: 'score' }),
          row({ timestamp: T0 + 1 }),
          row({ name: 'nobody' }),
        ]
        expect(await table.deleteRows(keys)).toBe(2)
        expect(await table.deleteRows([])).toBe(0)
        const left = plain(await all())
        expect(left.revenue?.metric?.values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
        expect(left.revenue?.score?.values).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9])
      })

      it('summary counts per type since a time', async () => {
        await table.upsert([
          ...minutes(10),
          ...minutes(3, { type: 'score' }),
          ...minutes(5, { batch: 'other', name: `__proto__` }),
        ])
        const found = async (query: { since: number; batch?: string }) =>
          (await table.summary(query))
            .map((each) => ({ ...each, counts: Object.fromEntries(each.counts) }))
            .sort((a, b) => (a.batch < b.batch ? -1 : 1))
        expect(await found({ since: T0 + 2 * MINUTE })).toEqual([
          { batch: 'other', name: '__proto__', newest: T0 + 4 * MINUTE, counts: { metric: 3 } },
          { batch: 'sales', name: 'revenue', newest: T0 + 9 * MINUTE, counts: { metric: 8, score: 1 } },
        ])
        expect(await found({ since: 0, batch: 'other' })).toHaveLength(1)
        expect(await found({ since: T0 + 10 * MINUTE })).toEqual([])
      })
    })

    it('names every metric of a batch, however many rows it has', async () => {
      await table.ensure()
      const names = ["o'neil", '😀', '__proto__', 'b', 'B', '10', '9']
      expect(await metricNames(table, { batch: 'sales', since: 0 })).toEqual([])
      await table.upsert([
        ...names.flatMap((name) => [...minutes(3, { name }), ...minutes(2, { name, type: 'score' })]),
        ...minutes(1, { batch: 'other', name: 'foreign' }),
      ])
      const found = await metricNames(table, { batch: 'sales', since: 0 })
      expect([...found].sort()).toEqual([...names].sort())
    })

    describe("a table of the original's", () => {
      const fill = async (values: string): Promise<void> => {
        await database.query(`${engine.originalTable('metrics')}; INSERT INTO metrics VALUES ${values};`)
      }
      const count = async (): Promise<number> =>
        ((await database.query('SELECT count(*) AS n FROM metrics'))[0] as { n: number }).n

      it('with duplicates is read by averages, and written without loss or doubles', async () => {
        await fill(`('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 1, NULL), ('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 3, ''),
        ('2024-01-01 00:01:00', 'sales', 'revenue', 'metric', 5, NULL), ('2024-01-01 00:02:00', 'sales', 'revenue', 'metric', NULL, NULL)`)
        await table.ensure()
        await table.ensure()
        expect(await count()).toBe(4)
        expect(
          plain(await table.history({ batch: 'sales', types: ['metric'], metadataOf: ['metric'] })),
        ).toEqual({
          revenue: { metric: { at: [T0, T0 + MINUTE], values: [2, 5], metadata: ['', ''] } },
        })
        const news = [row({ value: 10 }), row({ timestamp: T0 + 3 * MINUTE, value: 20 })]
        await table.upsert(news)
        await table.upsert(news)
        expect(await count()).toBe(5)
        expect(plain(await all()).revenue?.metric).toEqual({
          at: [T0, T0 + MINUTE, T0 + 3 * MINUTE],
          values: [10, 5, 20],
        })
        const newest = await table.history({ batch: 'sales', types: ['metric'], maxPoints: 2, since: T0 })
        expect([...newest.get('revenue')!.get('metric')!.values]).toEqual([5, 20])
        expect((await table.summary({ since: T0 }))[0]).toMatchObject({
          batch: 'sales',
          name: 'revenue',
          newest: T0 + 3 * MINUTE,
        })
        expect(await table.deleteRows([row()])).toBe(2)
      })

      check('without duplicates gets a unique key', async () => {
        await fill(
          `('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 1, NULL), ('2024-01-01 00:01:00', 'sales', 'revenue', 'metric', 5, NULL)`,
        )
        await table.ensure()
        await expect(
          database.query(
            `INSERT INTO metrics VALUES ('2024-01-01 00:00:00', 'sales', 'revenue', 'metric', 9, NULL)`,
          ),
        ).rejects.toMatchObject({ code: 'QUERY_FAILED' })
        await table.upsert([row({ value: 7 })])
        await table.upsert([row({ value: 7 }), row({ timestamp: T0 + 9 * MINUTE })])
        expect(await count()).toBe(3)
        expect(plain(await all()).revenue?.metric?.values).toEqual([7, 5, 1])
        expect(await table.deleteBefore({ batch: 'sales', before: T0 + MINUTE })).toBe(1)
      })
    })

    it('lists its tables and their columns', async () => {
      expect(await database.tables?.()).toEqual([])
      await table.ensure()
      await database.query(
        inSql('CREATE VIEW "odd view" AS SELECT metric_timestamp, metric_value FROM metrics'),
      )
      const found = new Map((await database.tables!()).map(({ name, columns }) => [name, columns]))
      expect(found.size).toBe(2)
      expect(found.get(spelled('metrics'))).toEqual([
        { name: spelled('metric_timestamp'), kind: engine.timestampKind ?? 'time' },
        ...['metric_batch', 'metric_name', 'metric_type'].map((name) => ({
          name: spelled(name),
          kind: 'other',
        })),
        { name: spelled('metric_value'), kind: 'number' },
        { name: spelled('metadata'), kind: 'other' },
      ])
      const quoted = [...found.keys()].find((name) => name !== spelled('metrics'))!
      expect(quoted).toContain(inSql('odd view'))
      expect(await database.query(`SELECT * FROM ${quoted}`)).toEqual([])
    })

    it('answers the query that `init --from` writes for a table', async () => {
      await table.ensure()
      await table.upsert([
        row({ timestamp: T0 + 30 * MINUTE, value: 1 }),
        row({ timestamp: T0 + 1439 * MINUTE, value: 2.5, metadata: 'x' }),
        row({ timestamp: T0 + 1440 * MINUTE, value: 4 }),
      ])
      const info = (await database.tables!()).find(({ name }) => /metrics/i.test(name))!
      const time = info.columns.find(({ name }) => /^metric_timestamp$/i.test(name))!
      const { dialect } = databases.get(engine.name)!
      const sql = tableSql({ table: info, time, isCurrent: false }, dialect!).replaceAll(
        '{{ params.days }}',
        '40000',
      )
      const found = new Map(
        (await database.query(sql)).map((each) => {
          const lower = Object.fromEntries(
            Object.entries(each).map(([key, value]) => [key.toLowerCase(), value]),
          )
          const day = parseTimestamp(lower.metric_timestamp)
          return [
            `${String(lower.metric_name).toLowerCase()} ${(day! - T0) / 86_400_000}`,
            Number(lower.metric_value),
          ]
        }),
      )
      expect(found.get('rows 0')).toBe(2)
      expect(found.get('rows 1')).toBe(1)
      expect(found.get('sum_metric_value 0')).toBe(3.5)
      expect(found.get('avg_metric_value 1')).toBe(4)
      expect(found.get('null_rate_metadata 0')).toBe(0)
      if (time.kind !== 'date')
        expect([found.get('last_row_hour 0'), found.get('last_row_hour 1')]).toEqual([23, 0])
    })

    describe('query', () => {
      check('returns the rows of the last statement that returns rows', async () => {
        const sql = `-- first; a comment
        CREATE TABLE t (a integer, b text); /* ; */ INSERT INTO t VALUES (1, 'x;y'), (2, 'it''s'); SELECT 5 AS five;
        SELECT a, b FROM t ORDER BY a; UPDATE t SET a = 3; ;; -- end;`
        expect(await database.query(inSql(sql))).toEqual([
          { a: 1, b: 'x;y' },
          { a: 2, b: "it's" },
        ])
        expect(await database.query('CREATE TABLE u (a integer);')).toEqual([])
        expect(await database.query(' ; -- nothing\n ')).toEqual([])
        expect(await database.query('')).toEqual([])
        expect(await database.query('SELECT a FROM t WHERE a = 99;')).toEqual([])
      })

      it('gives plain values', async () => {
        const [values] = await database.query(
          inSql(`SELECT 9007199254740991 AS big, -1.5 AS half, NULL AS missing, 'x' AS "Mixed Case"`),
        )
        expect(values).toEqual({ big: Number.MAX_SAFE_INTEGER, half: -1.5, missing: null, 'Mixed Case': 'x' })
      })

      it("keeps the engine's own message, and what follows still works", async () => {
        await expect(database.query('SELECT * FROM no_such_table')).rejects.toMatchObject({
          code: 'QUERY_FAILED',
          message: expect.stringContaining(spelled('no_such_table')),
        })
        await expect(database.query('SELEC 1')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
        expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      })

      check('ends with its temporary tables and open transactions', async () => {
        const sql = inSql(
          'CREATE TEMP TABLE scratch (a integer); INSERT INTO scratch VALUES (1); SELECT a FROM scratch',
        )
        expect(await database.query(sql)).toEqual([{ a: 1 }])
        expect(await database.query(sql)).toEqual([{ a: 1 }])
        await database.query('CREATE TABLE kept (a integer)')
        await database.query('BEGIN; INSERT INTO kept VALUES (1)')
        expect(await database.query('SELECT * FROM kept')).toEqual([])
      })

      it('stops when it is canceled, and the next statement runs', async () => {
        await database.query('SELECT 1')
        const controller = new AbortController()
        const running = database.query(engine.endless, { signal: controller.signal })
        await wait(100)
        controller.abort()
        await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
        await expect(database.query('SELECT 1', { signal: controller.signal })).rejects.toMatchObject({
          code: 'CANCELED',
        })
        expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      })

      it('stops at its time limit, while tables stay usable and the process responsive', async () => {
        await table.ensure()
        let ticks = 0
        const ticking = setInterval(() => ticks++, 5)
        const running = database.query(engine.endless, { timeoutMs: 400 })
        // Where the engine does one thing at a time, it rejects while the next call still waits.
        running.catch(() => {})
        await table.upsert([row()])
        await expect(running).rejects.toMatchObject({
          code: 'TIMED_OUT',
          retryable: true,
          message: expect.stringContaining('400 ms'),
        })
        clearInterval(ticking)
        // A blocked process has none; a busy machine gives few.
        expect(ticks).toBeGreaterThan(2)
        expect(await database.query('SELECT count(*) AS n FROM metrics')).toEqual([{ n: 1 }])
      })
    })

    const { network } = engine
    if (network !== undefined)
      describe('connecting', () => {
        it('says what failed, and no secret', async () => {
          for (const [what, { options: wrong, says }] of Object.entries(network.refused(options))) {
            const refused = open(engine, wrong)
            const attempts: readonly (() => Promise<unknown>)[] = [
              ...Array.from({ length: network.tries ?? 1 }, () => () => refused.query('SELECT 1')),
              () => refused.metricsTable('metrics').ensure(),
              () => refused.metricsTable('metrics').upsert([row()]),
              () => refused.metricsTable('metrics').history({ batch: 'sales', types: ['metric'] }),
            ]
            for (const attempt of attempts) {
              const error: unknown = await attempt().catch((caught: unknown) => caught)
              expect([what, error]).toMatchObject([
                what,
                { code: 'CONNECTION_FAILED', message: expect.stringMatching(says) },
              ])
              const shown = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`
              for (const secret of network.secrets(options)) expect(shown).not.toContain(secret)
            }
            await refused.close()
          }
        })

        it('gives up on a server that does not answer when told to', async () => {
          const silent = createServer().listen(0, '127.0.0.1')
          await once(silent, 'listening')
          const { port } = silent.address() as AddressInfo
          const waiting = open(engine, network.at(port, options))
          await expect(waiting.query('SELECT 1', { timeoutMs: 50 })).rejects.toMatchObject({
            code: 'TIMED_OUT',
          })
          await waiting.close()
          silent.close()
        })

        const { restarting } = network
        if (restarting === undefined) return
        it('connects again after the server has restarted', async () => {
          await table.ensure()
          await Promise.all(Array.from({ length: 6 }, (_, i) => table.upsert([row({ name: `m${i}` })])))
          await restarting.restart()
          await Promise.all(Array.from({ length: 10 }, (_, i) => table.upsert([row({ name: `m${i}` })])))
          expect((await table.history({ batch: 'sales', types: ['metric'] })).size).toBe(10)
        })

        it('fails what was running when the server went, and only that', async () => {
          const running = database.query(engine.endless).catch((error: unknown) => error)
          await eventually('the statement runs', async () => (await restarting.running()) === 1)
          await restarting.restart()
          expect(await running).toMatchObject({ code: 'CONNECTION_FAILED', retryable: true })
          expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
        })
      })

    it('closes for good, twice if need be, and lets go of everything', async () => {
      await table.ensure()
      await table.upsert([row()])
      await database.close()
      await database.close()
      await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
      await expect(all()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
      await expect(table.upsert([row()])).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
      const again = open(engine, options)
      expect((await again.metricsTable('metrics').history({ batch: 'sales', types: ['metric'] })).size).toBe(
        1,
      )
      await again.close()
    })

    it('opens nothing until it is used', async () => {
      const idle = open(engine, options)
      idle.metricsTable('metrics')
      await idle.close()
    })
  })
}
