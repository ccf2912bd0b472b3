import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { bigquery } from '../../src/databases/bigquery.ts'
import type { Database } from '../../src/databases/database.ts'
import { eventually } from '../eventually.ts'
import { type ApiAnswer, type ApiCall, failure, startApi, type TestApi } from './bigquery-api.ts'

const T0 = Date.UTC(2024, 0, 1)
let api: TestApi | undefined
let opened: Database[]
let folder: string

beforeEach(() => {
  opened = []
  folder = mkdtempSync(join(tmpdir(), 'anomstack-bigquery-'))
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.close()))
  await api?.stop()
  api = undefined
  rmSync(folder, { recursive: true, force: true })
})

function open(options: Record<string, unknown>): Database {
  const database = bigquery.create(bigquery.options.parse(options), { projectDir: folder })
  opened.push(database)
  return database
}

async function openApi(
  answer: (call: ApiCall) => ApiAnswer,
  options: Record<string, unknown> = {},
): Promise<Database> {
  api = await startApi(answer)
  return open({ endpoint: api.endpoint, project: 'mine', dataset: 'home', ...options })
}

const jobId = (call: ApiCall): string => (call.body as { jobReference: { jobId: string } }).jobReference.jobId
const configuration = (call: ApiCall): { query: Record<string, unknown>; jobTimeoutMs?: string } =>
  (call.body as { configuration: { query: Record<string, unknown> } }).configuration
const routes = (): readonly string[] =>
  api!.calls.map(({ route }) => route.replace(/jobs\/anomstack_[\w-]+/, 'jobs/JOB'))

function job(id: string, rest: Record<string, unknown> = {}): { body: Record<string, unknown> } {
  return {
    body: {
      jobReference: { projectId: 'mine', jobId: id, location: 'EU' },
      status: { state: 'DONE' },
      statistics: { query: { statementType: 'SELECT' } },
      ...rest,
    },
  }
}

const ONE = { schema: { fields: [{ name: 'one', type: 'INTEGER' }] }, rows: [{ f: [{ v: '1' }] }] }

/** Every query is done at once and gives one row. */
function simple(call: ApiCall): ApiAnswer {
  if (call.route === 'POST mine/jobs') return job(jobId(call))
  return call.route.startsWith('GET mine/queries/') ? { body: ONE } : undefined
}

const row = (part: Partial<MetricRow> = {}): MetricRow => ({
  timestamp: T0,
  batch: 'sales',
  name: 'revenue',
  type: 'metric',
  value: 1,
  metadata: '',
  ...part,
})

const TABLE = {
  body: {
    location: 'EU',
    schema: {
      fields: [
        'metric_timestamp',
        'metric_batch',
        'metric_name',
        'metric_type',
        'metric_value',
        'metadata',
      ].map((name) => ({ name, type: name === 'metric_timestamp' ? 'TIMESTAMP' : 'STRING' })),
    },
  },
}

describe('connecting', () => {
  it("takes the original's variables, and the emulator's", () => {
    expect(bigquery.environment).toEqual({
      project: 'ANOMSTACK_GCP_PROJECT_ID',
      credentials: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS',
      credentials_json: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS_JSON',
      endpoint: 'BIGQUERY_EMULATOR_HOST',
    })
  })

  it('takes an emulator as host and port, and sends it no credentials', async () => {
    api = await startApi(simple)
    const key = { type: 'authorized_user', refresh_token: 'wr0ng-secret', client_id: 'x', client_secret: 'y' }
    const database = open({
      endpoint: api.endpoint.replace('http://', ''),
      project: 'mine',
      credentials_json: JSON.stringify(key),
    })
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(api.calls.map(({ authorization }) => authorization)).toEqual([undefined, undefined])
  })

  it('finds the project in the credentials', async () => {
    api = await startApi(simple)
    writeFileSync(join(folder, 'key.json'), JSON.stringify({ type: 'service_account', project_id: 'mine' }))
    expect(await open({ endpoint: api.endpoint, credentials: 'key.json' }).query('SELECT 1')).toEqual([
      { one: 1 },
    ])
  })

  it.each([
    ['no project', {}, 'ANOMSTACK_GCP_PROJECT_ID'],
    ['no file', { credentials: 'absent.json' }, 'absent.json'],
    ['a file that is no JSON', { credentials: 'broken.json' }, 'broken.json'],
    ['a text that is no JSON', { credentials_json: '{"private_key": "wr0ng-secret' }, 'credentials_json'],
    ['a text that is no object', { credentials_json: '"wr0ng-secret"' }, 'credentials_json'],
  ])('says what is wrong with %s, without any secret', async (_, options, told) => {
    writeFileSync(join(folder, 'broken.json'), '{"private_key": "wr0ng-secret')
    const error: unknown = await open({ endpoint: 'http://127.0.0.1:1', ...options })
      .query('SELECT 1')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: false,
      message: expect.stringContaining(told),
    })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wr0ng-secret')
  })

  it('says that a private key is none, without the key', async () => {
    const key = {
      type: 'service_account',
      project_id: 'mine',
      client_email: 'robot@mine.test',
      private_key: 'wr0ng-secret\nkey',
      private_key_id: 'wr0ng-secret-id',
    }
    const error: unknown = await open({
      endpoint: 'https://127.0.0.1:1',
      credentials_json: JSON.stringify(key),
    })
      .query('SELECT 1')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('credentials'),
    })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wr0ng-secret')
  })

  it('says to check the credentials when they are refused', async () => {
    const database = await openApi(() => failure(401, 'authError', 'Invalid Credentials'))
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(/Invalid Credentials.*credentials_json/),
    })
  })

  it('says that the address is out of reach', async () => {
    const database = open({ endpoint: 'http://127.0.0.1:1', project: 'mine' })
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: true,
      message: expect.stringContaining('127.0.0.1:1'),
    })
  }, 60_000)

  it('tries again after a broken connection and an overloaded server, with the same job', async () => {
    let troubles: ApiAnswer[] = ['drop', failure(503, 'backendError', 'try again')]
    const database = await openApi((call) => {
      const trouble = troubles[0]
      troubles = troubles.slice(1)
      return trouble ?? simple(call)
    })
    expect(await database.query('SELECT 1')).toEqual([{ one: 1 }])
    const started = api!.calls.filter(({ route }) => route === 'POST mine/jobs')
    expect(started).toHaveLength(3)
    expect(new Set(started.map(jobId)).size).toBe(1)
  }, 60_000)

  it('looks at the job when it had been started all the same', async () => {
    const database = await openApi((call) => {
      if (call.route === 'POST mine/jobs') return failure(409, 'duplicate', 'Already Exists')
      return call.route.startsWith('GET mine/jobs/') ? job(call.route.split('/').at(-1)!) : simple(call)
    })
    expect(await database.query('SELECT 1')).toEqual([{ one: 1 }])
  })
})

describe('names of tables', () => {
  it.each([
    ['metrics', 'GET mine/datasets/home/tables/metrics'],
    ['sales.metrics', 'GET mine/datasets/sales/tables/metrics'],
    ['other-project.sales.`odd name`', 'GET other-project/datasets/sales/tables/odd%20name'],
  ])('reads %s', async (name, route) => {
    const database = await openApi((call) => (call.route === route ? TABLE : undefined))
    await database.metricsTable(name).ensure()
    expect(routes()).toEqual([route])
  })

  it.each(['a.b.c.d', '"odd.dataset".t', '"odd dataset".t', '"it\'s"', '"a`b"'])(
    'refuses %s',
    async (name) => {
      const database = await openApi(simple)
      await expect(database.metricsTable(name).ensure()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
      expect(api!.calls).toEqual([])
    },
  )

  it('wants a dataset', async () => {
    const database = await openApi(simple, { dataset: undefined })
    await expect(database.metricsTable('metrics').ensure()).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining('dataset.table'),
    })
  })
})

describe('queries', () => {
  it('gives plain values of every type, page by page', async () => {
    const fields = [
      { name: 'int', type: 'INTEGER' },
      { name: 'num', type: 'NUMERIC' },
      { name: 'nan', type: 'FLOAT' },
      { name: 'yes', type: 'BOOLEAN' },
      { name: 'at', type: 'TIMESTAMP' },
      { name: 'day', type: 'DATE' },
      { name: 'civil', type: 'DATETIME' },
      { name: 'bytes', type: 'BYTES' },
      { name: 'list', type: 'INTEGER', mode: 'REPEATED' },
      { name: 'pair', type: 'RECORD', fields: [{ name: 'x', type: 'FLOAT' }] },
      { name: 'none', type: 'STRING' },
    ]
    const values = [
      '9007199254740991',
      '1.250',
      'NaN',
      'false',
      '-1001',
      '2024-01-02',
      '2024-01-02T03:04:05.678901',
      'YWI=',
      [{ v: '1' }, { v: '2' }],
      { f: [{ v: '-0.5' }] },
      null,
    ]
    const page = { schema: { fields }, rows: [{ f: values.map((v) => ({ v })) }] }
    const database = await openApi((call) =>
      call.route.startsWith('GET mine/queries/')
        ? { body: call.query.pageToken === undefined ? { ...page, pageToken: 'next' } : page }
        : simple(call),
    )
    const expected = {
      int: Number.MAX_SAFE_INTEGER,
      num: 1.25,
      nan: Number.NaN,
      yes: false,
      at: new Date(-2),
      day: new Date(Date.UTC(2024, 0, 2)),
      civil: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 678)),
      bytes: new Uint8Array([97, 98]),
      list: [1, 2],
      pair: { x: -0.5 },
      none: null,
    }
    expect(await database.query('SELECT *')).toEqual([expected, expected])
    expect(api!.calls.at(-1)!.query).toMatchObject({
      location: 'EU',
      pageToken: 'next',
      'formatOptions.useInt64Timestamp': 'true',
    })
  })

  it('runs in the location and the dataset of the options', async () => {
    const database = await openApi(simple, { location: 'EU' })
    await database.query('SELECT 1')
    expect(api!.calls[0]!.body).toMatchObject({
      jobReference: { projectId: 'mine', location: 'EU' },
      configuration: {
        query: { useLegacySql: false, defaultDataset: { projectId: 'mine', datasetId: 'home' } },
      },
    })
  })

  it('returns the rows of the last statement that returns rows', async () => {
    const child = (id: string, statementType: string, evaluationKind = 'STATEMENT') =>
      job(id, { statistics: { query: { statementType }, scriptStatistics: { evaluationKind } } }).body
    const database = await openApi((call) => {
      if (call.route === 'POST mine/jobs')
        return job(jobId(call), { statistics: { numChildJobs: '4', query: { statementType: 'SCRIPT' } } })
      if (call.route === 'GET mine/jobs')
        return {
          body:
            call.query.pageToken === undefined
              ? { jobs: [child('d', 'UPDATE'), child('c', 'SELECT', 'EXPRESSION')], nextPageToken: 'older' }
              : { jobs: [child('b', 'SELECT'), child('a', 'SELECT')] },
        }
      return call.route === 'GET mine/queries/b' ? { body: ONE } : undefined
    })
    expect(
      await database.query('SELECT 0; SELECT 1; IF TRUE THEN UPDATE t SET a = 1 WHERE TRUE; END IF'),
    ).toEqual([{ one: 1 }])
  })

  it.each(['CREATE_TABLE', 'INSERT', 'MERGE'])(
    'returns nothing of a statement of type %s',
    async (statementType) => {
      const database = await openApi((call) =>
        call.route === 'POST mine/jobs'
          ? job(jobId(call), { statistics: { query: { statementType } } })
          : undefined,
      )
      expect(await database.query('…')).toEqual([])
    },
  )

  it.each(['', ' ; -- nothing\n ', '# a\n/* b ; */;;'])('does not ask for %j', async (sql) => {
    const database = await openApi(simple)
    expect(await database.query(sql)).toEqual([])
    expect(api!.calls).toEqual([])
  })

  it("keeps the engine's message of a job that failed, whatever it quotes", async () => {
    const errorResult = {
      reason: 'invalidQuery',
      message: 'Unrecognized name: `private key ECONNRESET` at [1:8]',
    }
    const database = await openApi((call) =>
      call.route === 'POST mine/jobs'
        ? job(jobId(call), { status: { state: 'DONE', errorResult } })
        : undefined,
    )
    await expect(database.query('SELECT x')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      retryable: false,
      message: expect.stringContaining('Unrecognized name: `private key ECONNRESET` at [1:8]'),
    })
  })

  const running = (call: ApiCall): ApiAnswer => {
    if (call.route === 'POST mine/jobs') return job(jobId(call), { status: { state: 'RUNNING' } })
    if (call.route.endsWith('/cancel')) return { body: {} }
    return call.route.startsWith('GET mine/jobs/')
      ? job(call.route.split('/').at(-1)!, { status: { state: 'RUNNING' } })
      : undefined
  }

  it('cancels the job in the engine', async () => {
    const database = await openApi(running)
    const controller = new AbortController()
    const asked = database.query('SELECT 1', { signal: controller.signal })
    await eventually('a look at the job', () => api!.calls.length > 1)
    controller.abort()
    await expect(asked).rejects.toMatchObject({ code: 'CANCELED' })
    const canceled = api!.calls.filter(({ route }) => route.endsWith('/cancel'))
    expect(canceled).toMatchObject([
      { route: `POST mine/jobs/${jobId(api!.calls[0]!)}/cancel`, query: { location: 'EU' } },
    ])
  })

  it('cancels it at its time limit, which the engine knows too', async () => {
    const database = await openApi(running)
    await expect(database.query('SELECT 1', { timeoutMs: 120 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: expect.stringContaining('120 ms'),
    })
    expect(api!.calls.filter(({ route }) => route.endsWith('/cancel'))).toHaveLength(1)
    expect(configuration(api!.calls[0]!).jobTimeoutMs).toBe('10120')
  })
})

describe('limits of cost', () => {
  const reading =
    (bytes: string, statementType = 'SELECT') =>
    (call: ApiCall): ApiAnswer => {
      const dry = (call.body as { configuration?: { dryRun?: boolean } } | undefined)?.configuration?.dryRun
      return dry === true
        ? {
            body: {
              jobReference: { projectId: 'mine' },
              status: { state: 'DONE' },
              statistics: { totalBytesProcessed: bytes, query: { statementType } },
            },
          }
        : simple(call)
    }

  it('refuses what a dry run says is too much, and runs nothing', async () => {
    const database = await openApi(reading('2000000'), { max_bytes: 1_000_000 })
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      retryable: false,
      message: expect.stringMatching(/2000000 bytes.*max_bytes allows 1000000/),
    })
    expect(api!.calls).toHaveLength(1)
  })

  it('runs what is not', async () => {
    const database = await openApi(reading('1000000'), { max_bytes: 1_000_000, max_bytes_billed: 5_000_000 })
    expect(await database.query('SELECT 1')).toEqual([{ one: 1 }])
    expect(configuration(api!.calls[1]!).query.maximumBytesBilled).toBe('5000000')
  })

  it('leaves the limit of several statements to the engine, which bills at least 10 MB', async () => {
    const database = await openApi(reading('0', 'SCRIPT'), { max_bytes: 1_000_000 })
    await database.query('SELECT 1; SELECT 2')
    expect(configuration(api!.calls[1]!).query.maximumBytesBilled).toBe(String(10 * 1024 ** 2))
  })
})

describe('metrics tables', () => {
  it('creates dataset and table where they are missing, by month and in order of the key', async () => {
    let made = false
    const database = await openApi(
      (call) => {
        if (call.route === 'POST mine/datasets') return failure(409, 'duplicate', 'Already Exists')
        if (call.route === 'POST mine/datasets/home/tables') {
          made = true
          return { body: {} }
        }
        return made ? TABLE : undefined
      },
      { location: 'EU' },
    )
    await database.metricsTable('metrics').ensure()
    const [, , dataset, table] = api!.calls
    expect(dataset!.body).toEqual({
      datasetReference: { projectId: 'mine', datasetId: 'home' },
      location: 'EU',
    })
    expect(table!.body).toMatchObject({
      tableReference: { projectId: 'mine', datasetId: 'home', tableId: 'metrics' },
      timePartitioning: { type: 'MONTH', field: 'metric_timestamp' },
      clustering: { fields: ['metric_batch', 'metric_type', 'metric_name'] },
    })
  })

  const merging =
    (outcome: (attempt: number) => Record<string, unknown>) =>
    (call: ApiCall): ApiAnswer => {
      if (call.route.startsWith('GET mine/datasets/home/tables/')) return TABLE
      if (call.route === 'POST mine/datasets/home/tables' || call.route.startsWith('DELETE '))
        return { body: {} }
      if (call.route === 'POST upload mine/jobs') return job('load')
      if (call.route !== 'POST mine/jobs') return call.route.endsWith('/cancel') ? { body: {} } : undefined
      return job(jobId(call), outcome(api!.calls.filter(({ route }) => route === call.route).length))
    }
  const done = { statistics: { query: { statementType: 'MERGE', numDmlAffectedRows: '1' } } }

  it('binds few rows as one value, within bounds that spare partitions', async () => {
    const database = await openApi(merging(() => done))
    const hostile = row({ name: "it's `; DROP TABLE metrics", timestamp: T0 + 5, metadata: 'half \ud83d' })
    expect(await database.metricsTable('metrics').upsert([row(), hostile])).toBe(2)
    const { query } = configuration(api!.calls.at(-1)!)
    expect(query.query).not.toContain('DROP TABLE')
    expect(query.query).toContain('t.metric_timestamp >= TIMESTAMP_MILLIS(@p3)')
    const values = query.queryParameters as readonly { name: string; parameterValue: unknown }[]
    expect(values.map(({ name }) => name)).toEqual(['p1', 'p2', 'p3', 'p4'])
    expect(values.slice(1).map(({ parameterValue }) => parameterValue)).toEqual([
      { arrayValues: [{ value: 'sales' }] },
      { value: String(T0) },
      { value: String(T0 + 5) },
    ])
    expect(JSON.stringify(values[0])).toContain('"note":{"value":"half \ufffd"}')
  })

  const many = Array.from({ length: 6_000 }, (_, i) => row({ timestamp: T0 + i, value: i / 3 }))

  it('loads many rows into a table that goes away again', async () => {
    const database = await openApi(merging(() => done))
    expect(await database.metricsTable('metrics').upsert(many)).toBe(6_000)
    const staging = (api!.calls[1]!.body as { tableReference: { tableId: string } }).tableReference.tableId
    expect(staging).toMatch(/^anomstack_rows_/)
    expect(api!.calls[1]!.body).toMatchObject({ expirationTime: expect.stringMatching(/^\d+$/) })
    expect(routes()).toEqual([
      'GET mine/datasets/home/tables/metrics',
      'POST mine/datasets/home/tables',
      'POST upload mine/jobs',
      'POST mine/jobs',
      `DELETE mine/datasets/home/tables/${staging}`,
    ])
    const upload = api!.calls[2]!
    expect(upload.query.uploadType).toBe('multipart')
    const lines = String(upload.body)
      .split('\n')
      .filter((line) => line.startsWith('{"batch"'))
    expect(lines).toHaveLength(2)
    expect(
      lines.flatMap((line) => (JSON.parse(line) as { points: { value: number }[] }).points).at(-1),
    ).toEqual({
      ms: T0 + 5_999,
      value: 5_999 / 3,
      note: '',
    })
    expect(configuration(api!.calls[3]!).query.query).toContain(`\`mine\`.\`home\`.\`${staging}\` AS r`)
  })

  it('removes that table when the write fails', async () => {
    const errorResult = { reason: 'accessDenied', message: 'Access Denied' }
    const database = await openApi(merging(() => ({ status: { state: 'DONE', errorResult } })))
    await expect(database.metricsTable('metrics').upsert(many)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('Access Denied'),
    })
    expect(routes().at(-1)).toMatch(/^DELETE /)
  })

  it('tries again when another writer was faster, under a new job', async () => {
    const errorResult = {
      reason: 'invalidQuery',
      message: 'Could not serialize access to table mine:home.metrics due to concurrent update',
    }
    const database = await openApi(
      merging((attempt) => (attempt < 3 ? { status: { state: 'DONE', errorResult } } : done)),
    )
    expect(await database.metricsTable('metrics').upsert([row()])).toBe(1)
    const jobs = api!.calls.filter(({ route }) => route === 'POST mine/jobs')
    expect(new Set(jobs.map(jobId)).size).toBe(3)
  })

  it('waits for the outcome of a write that was told to stop: what has been done has been done', async () => {
    const database = await openApi((call) => {
      if (call.route.startsWith('GET mine/jobs/'))
        return job(call.route.split('/').at(-1)!, {
          status: { state: api!.calls.some(({ route }) => route.endsWith('/cancel')) ? 'DONE' : 'RUNNING' },
        })
      return merging(() => ({ status: { state: 'RUNNING' } }))(call)
    })
    const controller = new AbortController()
    const writing = database.metricsTable('metrics').upsert([row()], { signal: controller.signal })
    await eventually('a look at the job', () => routes().includes('GET mine/jobs/JOB'))
    controller.abort()
    expect(await writing).toBe(1)
  })

  it('converts the time of a table whose times are civil', async () => {
    const civil = structuredClone(TABLE)
    civil.body.schema.fields[0]!.type = 'DATETIME'
    const database = await openApi((call) =>
      call.route.startsWith('GET mine/datasets/home/tables/') ? civil : merging(() => done)(call),
    )
    await database.metricsTable('metrics').upsert([row()])
    expect(configuration(api!.calls.at(-1)!).query.query).toContain(
      'CAST(TIMESTAMP_MILLIS(p.ms) AS DATETIME)',
    )
  })
})
