import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { millisecondsOf, pointsOf } from '../../src/databases/redshift/dialect.ts'
import { splitRedshift } from '../../src/databases/redshift/statements.ts'
import { redshift } from '../../src/databases/redshift.ts'
import { databaseContract } from '../contracts/database.contract.ts'
import { redshift as engine } from '../contracts/engines/redshift.ts'
import { allSaying } from '../contracts/engines/refused.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { addListagg } from '../redshift/listagg.ts'
import { startDataApi, type TestDataApi } from '../redshift/start-data-api.ts'

const T0 = Date.UTC(2024, 0, 1)
const IDENTITY = {
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: "aws's-s3cret",
  AWS_REGION: 'eu-central-1',
}
let server: TestPostgres
let api: TestDataApi
let opened: Database[] = []

async function start(): Promise<void> {
  server = await startPostgres()
  api = await startDataApi((database) => {
    const user = `${server.user}:${encodeURIComponent(server.password)}`
    return `postgres://${user}@${server.host}:${server.port}/${database}`
  })
  for (const [name, value] of Object.entries(IDENTITY)) vi.stubEnv(name, value)
}
async function stop(): Promise<void> {
  vi.unstubAllEnvs()
  await api.stop()
  await server.stop()
}

/** The same contract by the other way: the real SDK, before a server that speaks the Data API's protocol in front of PostgreSQL. */
databaseContract({
  ...engine,
  network: {
    refused: (fresh) =>
      allSaying(
        {
          'a database that is not there': { ...fresh, database: 'wr0ng_place' },
          'no Data API': { ...fresh, endpoint: 'http://127.0.0.1:1' },
        },
        /Redshift.*check/s,
      ),
    secrets: () => [server.password, IDENTITY.AWS_SECRET_ACCESS_KEY, IDENTITY.AWS_ACCESS_KEY_ID],
    at: (port, fresh) => ({ ...fresh, endpoint: `http://127.0.0.1:${port}` }),
  },
  exemptions: {
    ...engine.exemptions,
    'ends with its temporary tables and open transactions':
      'the Data API runs several statements as one transaction of its own, in which none can begin',
  },
  start,
  stop,
  freshOptions: async () => {
    const url = await server.createDatabase()
    await addListagg(url)
    return { workgroup_name: 'test', database: url.split('/').at(-1)!, endpoint: api.endpoint }
  },
})

describe('redshift, by either way', () => {
  let url: string
  beforeAll(start)
  afterAll(stop)
  beforeEach(async () => {
    url = await server.createDatabase()
    await addListagg(url)
    opened = []
  })
  afterEach(async () => {
    api.failures.length = 0
    api.pageRows = 1_000
    await Promise.all(opened.map((database) => database.close()))
  })

  function open(options: Record<string, unknown>): Database {
    const database = redshift.create(redshift.options.parse(options), { projectDir: '/' })
    opened.push(database)
    return database
  }
  const byWire = (options: Record<string, unknown> = {}) => open({ url, ssl: false, ...options })
  const byApi = (options: Record<string, unknown> = {}) =>
    open({
      cluster_identifier: 'cluster',
      db_user: 'me',
      database: url.split('/').at(-1)!,
      endpoint: api.endpoint,
      ...options,
    })
  const rows = (count: number, part: { name?: string; metadata?: string } = {}) =>
    Array.from({ length: count }, (_, i) => ({
      timestamp: T0 + i * 60_000,
      batch: 'sales',
      name: 'revenue',
      type: 'metric' as const,
      value: i / 7,
      metadata: '',
      ...part,
    }))

  /** What PostgreSQL has and Redshift lacks. */
  const LACKING =
    /ON CONFLICT|\bunnest\b|array_agg|string_agg|\bANY\s*\(|RETURNING|ON COMMIT|DISCARD|to_regclass|FILTER\s*\(|IS (NOT )?DISTINCT FROM|DISTINCT ON|generate_series|LATERAL|CREATE (UNIQUE )?INDEX|ARRAY\s*\[|jsonb|advisory|SAVEPOINT|PRIMARY KEY|\[\]|date_part|\bCOPY\b|::/i

  it.each([
    ['wire', byWire],
    ['Data API', byApi],
  ] as const)('says nothing by its %s that Redshift does not know', async (_, database) => {
    const spied = vi.spyOn(Client.prototype, 'query')
    const before = api.statements.length
    const table = database().metricsTable('sales.metrics')
    await table.ensure()
    await table.upsert(rows(20, { metadata: 'x' }))
    await table.upsert([...rows(9_000), ...rows(9_000, { name: 'other', metadata: 'it is long'.repeat(9) })])
    const query = {
      batch: 'sales',
      types: ['metric', 'score'] as const,
      since: T0,
      until: T0 + 1e9,
      maxPoints: 5_000,
    }
    expect((await table.history(query)).size).toBe(2)
    await table.history({ ...query, metrics: ['revenue'], metadataOf: ['metric'] })
    await table.summary({ since: T0, batch: 'sales' })
    await table.names?.({ batch: 'sales', since: T0 })
    expect(await table.deleteRows(rows(9_000))).toBe(9_000)
    expect(await table.deleteBefore({ batch: 'sales', before: T0 + 60_000 })).toBe(1)
    await opened.at(-1)!.tables?.()
    const said = [
      ...api.statements.slice(before),
      ...spied.mock.calls.map(([query]) =>
        typeof query === 'string' ? query : (query as { text: string }).text,
      ),
    ]
    spied.mockRestore()
    expect(said.length).toBeGreaterThan(10)
    for (const text of said) expect(text).not.toMatch(LACKING)
  })

  it('gives back exactly what a rendering with few digits has rounded', async () => {
    // As PostgreSQL renders doubles when it is told to show 15 digits, which is how Redshift renders them.
    const database = byWire({ url: `${url}?options=-c%20extra_float_digits%3D0` })
    const table = database.metricsTable('metrics')
    await table.ensure()
    const values = [0.1 + 0.2, 1 / 3, 2 ** 53 - 1, 5e-324, Number.MAX_VALUE, -1e21 / 7, Math.PI * 1e-200, 100]
    await table.upsert(values.map((value, i) => ({ ...rows(1)[0]!, timestamp: T0 + i, value })))
    expect(await database.query('SELECT CAST(0.1::float8 + 0.2 AS varchar) AS short')).toEqual([
      { short: '0.3' },
    ])
    const found = (await table.history({ batch: 'sales', types: ['metric'] })).get('revenue')!.get('metric')!
    const extremes = new Set([5e-324, Number.MAX_VALUE])
    expect([...found.values].filter((_, i) => !extremes.has(values[i]!))).toEqual(
      values.filter((value) => !extremes.has(value)),
    )
  })

  it('puts pieces of a series in order, whatever their order', () => {
    const { timestamps, values } = pointsOf([
      '20240101000200000 0.3 5.551115123125783e-17,20240101000000000 -1e+21',
      '20240101000100500 7',
    ])
    expect([...timestamps]).toEqual([T0, T0 + 60_500, T0 + 120_000])
    expect([...values]).toEqual([-1e21, 7, 0.1 + 0.2])
    expect(millisecondsOf('00010101000000000')).toBe(-62135596800000)
    expect(millisecondsOf('99991231235959999')).toBe(253402300799999)
  })

  it('cuts statements as Redshift does', () => {
    expect(
      splitRedshift(
        `-- a; b\nSELECT 'x;\\'y'; /* ; */ CREATE PROCEDURE p() AS $$ BEGIN x; END; $$ LANGUAGE plpgsql; ;; SELECT ";"`,
      ),
    ).toEqual([
      "-- a; b\nSELECT 'x;\\'y'",
      '/* ; */ CREATE PROCEDURE p() AS $$ BEGIN x; END; $$ LANGUAGE plpgsql',
      'SELECT ";"',
    ])
    expect(splitRedshift(' ; -- nothing\n')).toEqual([])
  })

  it('wants one way, and names its variables', () => {
    for (const options of [
      {},
      { host: 'a', workgroup_name: 'b' },
      { cluster_identifier: 'a', workgroup_name: 'b' },
    ])
      expect(redshift.options.safeParse(options).success).toBe(false)
    expect(redshift.options.parse({ host: 'h' })).toMatchObject({
      port: 5439,
      database: 'dev',
      ssl: 'verify-full',
    })
    expect(redshift.environment?.workgroup_name).toBe('ANOMSTACK_REDSHIFT_WORKGROUP_NAME')
  })

  it.each([
    ['AccessDeniedException', 'CONNECTION_FAILED', /AWS identity/, false],
    ['ExpiredTokenException', 'CONNECTION_FAILED', /AWS identity/, false],
    ['ResourceNotFoundException', 'CONNECTION_FAILED', /workgroup_name/, true],
    ['ActiveStatementsExceededException', 'QUERY_FAILED', /Data API/, true],
    ['ValidationException', 'QUERY_FAILED', /Data API/, false],
  ])('calls %s of the Data API %s', async (type, code, says, retryable) => {
    api.failures.push({ status: 400, type, message: 'no' })
    await expect(byApi().query('SELECT 1')).rejects.toMatchObject({
      code,
      retryable,
      message: expect.stringMatching(says),
    })
    expect(await byApi().query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('reads results page by page, as plain values of every type', async () => {
    api.pageRows = 3
    const found = await byApi().query('SELECT n FROM generate_series(1, 10) AS n')
    expect(found.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(
      await byApi().query(`SELECT 9007199254740991::int8 AS big, 12.34::numeric AS money, true AS yes, date '2024-01-01' AS day,
        timestamp '2024-01-01 00:00:00.5' AS naive, timestamptz '2024-01-01 02:00:00+02' AS zoned, NULL AS missing`),
    ).toEqual([
      {
        big: Number.MAX_SAFE_INTEGER,
        money: 12.34,
        yes: true,
        day: new Date(T0),
        naive: new Date(T0 + 500),
        zoned: new Date(T0),
        missing: null,
      },
    ])
  })

  it('cancels in Redshift what it stops, and connects again after a restart', async () => {
    const database = byWire()
    await expect(byApi().query('SELECT pg_sleep(3600)', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
    await vi.waitFor(() => expect(api.calls).toContain('CancelStatement'))
    const running = `SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()`
    await vi.waitFor(async () => expect(await database.query(running)).toEqual([{ n: 0 }]))
    await server.restart()
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  it('refuses texts that are longer than its columns', async () => {
    const table = byWire().metricsTable('metrics')
    await expect(table.upsert(rows(1, { name: 'ü'.repeat(9_000) }))).rejects.toMatchObject({
      code: 'ROWS_INVALID',
      message: expect.stringContaining('16384'),
    })
    await expect(table.upsert(rows(1, { metadata: 'x'.repeat(70_000) }))).rejects.toMatchObject({
      code: 'ROWS_INVALID',
    })
  })
})
