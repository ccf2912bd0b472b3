// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how anomstack.yaml asks for a variable
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { interpolate } from '../../src/config/environment-values.ts'
import { secretsOf } from '../../src/config/secrets.ts'
import { batchText, faultLines, load } from './project-folder.ts'

describe('connections', () => {
  it('are named in anomstack.yaml, several of a kind, with kind or type', async () => {
    const project = await load({
      'anomstack.yaml': [
        'connections:',
        '  warehouse: {kind: postgres, url: "postgres://reader:s3cr%40t@one/db"}',
        '  app: {type: postgres, url: postgres://two/db, pool: 2}',
        '  sqlite: {path: other.db}',
      ].join('\n'),
      'metrics/a.yaml': batchText('db: warehouse').replace('sales', 'a'),
      'metrics/b.yaml': batchText('db: app').replace('sales', 'b'),
    })
    expect(faultLines(project)).toEqual([])
    expect(Object.fromEntries(project.connections)).toEqual({
      app: { kind: 'postgres', options: { url: 'postgres://two/db', pool: 2 } },
      duckdb: { kind: 'duckdb', options: { path: 'tmpdata/anomstack-duckdb.db' } },
      sqlite: { kind: 'sqlite', options: { path: 'other.db' } },
      warehouse: { kind: 'postgres', options: { url: 'postgres://reader:s3cr%40t@one/db', pool: 4 } },
    })
    expect(project.secrets).toEqual(
      expect.arrayContaining(['postgres://reader:s3cr%40t@one/db', 's3cr%40t', 's3cr@t']),
    )
  })

  it('of a kind’s own name are filled by the environment, which beats the file', async () => {
    const environment = {
      ANOMSTACK_POSTGRES_URL: 'postgres://env/db',
      ANOMSTACK_POSTGRES_POOL: '9',
      ANOMSTACK_POSTGRES_PASSWORD: '12345',
    }
    const project = await load({}, environment)
    expect(project.connections.get('postgres')).toEqual({
      kind: 'postgres',
      options: { url: 'postgres://env/db', pool: 9, password: '12345' },
    })
    expect(project.secrets).toEqual(['12345', 'postgres://env/db'])
    const both = await load(
      { 'anomstack.yaml': 'connections: {postgres: {url: "postgres://file/db", pool: 3}}' },
      { ANOMSTACK_POSTGRES_POOL: '5' },
    )
    expect(both.connections.get('postgres')?.options).toEqual({ url: 'postgres://file/db', pool: 5 })
  })

  it('take values from the environment where they ask for them', async () => {
    const text =
      'connections:\n  w: {kind: postgres, url: "postgres://u:${PG_PASS}@h/db", pool: "${POOL}", password: "${PG_PASS}"}\n'
    const project = await load({ 'anomstack.yaml': text }, { PG_PASS: '007', POOL: '3' })
    expect(faultLines(project)).toEqual([])
    expect(project.connections.get('w')?.options).toEqual({
      url: 'postgres://u:007@h/db',
      pool: 3,
      password: '007',
    })
    const missing = await load(
      { 'anomstack.yaml': text, 'metrics/a.yaml': batchText('db: w') },
      { POOL: '3' },
    )
    expect(faultLines(missing)).toEqual([
      'anomstack.yaml:2:28: error: the environment variable PG_PASS is not set',
      'anomstack.yaml:2:87: error: the environment variable PG_PASS is not set',
      'metrics/a.yaml:3:5: error: db: database or connection "w" cannot be used: its options have faults of their own',
    ])
  })

  it.each([
    ['connections: [a]', '1:14: error: connections: expected a map'],
    ['connections: {w: 1}', '1:15: error: connection "w": expected a map of options'],
    [
      'connections: {w: {}}',
      '1:15: error: connection "w": a kind is missing; known: duckdb, sqlite, postgres',
    ],
    [
      'connections: {w: {kind: postgress}}',
      '1:25: error: connection "w": unknown kind; known: duckdb, sqlite, postgres (did you mean postgres?)',
    ],
    [
      'connections: {w: {kind: postgres}}',
      '1:18: error: connection "w" is not complete: url (ANOMSTACK_POSTGRES_URL) is missing',
    ],
    [
      'connections: {w: {kind: sqlite, pth: x}}',
      '1:33: error: connection "w": unknown key "pth" (did you mean path?)',
    ],
    [
      'connections: {w: {kind: sqlite, path: 3}}',
      '1:39: error: connection "w": path: expected text, got a number',
    ],
    [
      'connections: {duckdb: {kind: sqlite}}',
      '1:15: error: connection "duckdb": the name is that of another kind, but its kind is sqlite; call it something else',
    ],
    [
      'connections: {__proto__: {kind: nope}}',
      '1:33: error: connection "__proto__": unknown kind; known: duckdb, sqlite, postgres',
    ],
    [
      'channels: {email: {from: a}}',
      '1:19: error: channel "email" is not complete: to (ANOMSTACK_ALERT_EMAIL_TO) is missing',
    ],
    [
      'storages: {s4: {}}',
      '1:12: error: storage "s4": a kind is missing; known: local, s3 (did you mean s3?)',
    ],
    ['server: {prt: 1}', '1:10: error: unknown key "prt" (did you mean port?)'],
    ['server: {port: 99999}', '1:16: error: port: expected at most 65535'],
  ])('%s', async (text, expected) => {
    const project = await load({ 'anomstack.yaml': text })
    expect(faultLines(project).map((line) => line.replace('anomstack.yaml:', ''))).toEqual([expected])
  })

  it('a faulty one does not stop the others', async () => {
    const project = await load({
      'anomstack.yaml': 'connections: {bad: {kind: x}, good: {kind: sqlite}}',
      'metrics/a.yaml': batchText('db: good'),
    })
    expect(project.batches.size).toBe(1)
    expect(project.connections.has('bad')).toBe(false)
  })

  it('sections whose entries are all commented out are fine', async () => {
    expect(
      faultLines(await load({ 'anomstack.yaml': 'connections:\n#  a: {}\nserver:\ndefaults:\n' })),
    ).toEqual([])
  })
})

describe('channels', () => {
  it('that nobody has configured say what to set', async () => {
    const project = await load({})
    expect(Object.fromEntries(project.channels)).toEqual({
      console: { kind: 'console', options: {}, configured: true },
      email: {
        kind: 'email',
        configured: false,
        missing: 'set from (ANOMSTACK_ALERT_EMAIL_FROM), to (ANOMSTACK_ALERT_EMAIL_TO)',
      },
      slack: {
        kind: 'slack',
        configured: false,
        missing:
          'needs bot_token and channel, or webhook_url (environment: ANOMSTACK_SLACK_BOT_TOKEN, ANOMSTACK_SLACK_CHANNEL)',
      },
    })
    expect(project.faults).toEqual([])
  })

  it('that are half configured by the environment are warned of', async () => {
    const project = await load(
      {},
      { ANOMSTACK_ALERT_EMAIL_FROM: 'a@x', ANOMSTACK_ALERT_EMAIL_PASSWORD: 'hunter2' },
    )
    expect(project.channels.get('email')).toEqual({
      kind: 'email',
      configured: false,
      missing: 'set to (ANOMSTACK_ALERT_EMAIL_TO)',
    })
    expect(faultLines(project)).toEqual([
      'ANOMSTACK_ALERT_EMAIL_FROM: warning: channel "email" is not complete: to (ANOMSTACK_ALERT_EMAIL_TO) is missing',
    ])
    expect(project.secrets).toEqual(['hunter2'])
  })

  it('that lack a part of what goes together are warned of too', async () => {
    const project = await load({}, { ANOMSTACK_SLACK_BOT_TOKEN: 'xoxb-1' })
    expect(faultLines(project)).toEqual([
      'ANOMSTACK_SLACK_BOT_TOKEN: warning: channel "slack": needs bot_token and channel, or webhook_url',
    ])
    expect(project.channels.get('slack')).toMatchObject({
      configured: false,
      missing: expect.stringContaining('ANOMSTACK_SLACK_CHANNEL'),
    })
    const written = await load({ 'anomstack.yaml': 'channels: {ops: {kind: slack, bot_token: xoxb-1}}' })
    expect(faultLines(written)).toEqual([
      'anomstack.yaml:1:17: error: channel "ops": needs bot_token and channel, or webhook_url',
    ])
  })

  it('that are configured have checked options', async () => {
    const project = await load(
      {
        'anomstack.yaml': 'channels: {oncall: {kind: slack, webhook_url: "https://hooks.example.test/T0"}}',
        'metrics/a.yaml': batchText('alert_methods: oncall, email'),
      },
      {
        ANOMSTACK_ALERT_EMAIL_FROM: 'a@x',
        ANOMSTACK_ALERT_EMAIL_TO: 'b@x',
        ANOMSTACK_ALERT_EMAIL_SMTP_PORT: '25',
      },
    )
    expect(faultLines(project)).toEqual([])
    expect(project.channels.get('email')).toEqual({
      kind: 'email',
      configured: true,
      options: { from: 'a@x', to: 'b@x', port: 25 },
    })
    expect(project.channels.get('oncall')).toMatchObject({ kind: 'slack', configured: true })
  })

  it('with a wrong value in the environment name the variable, and never the value', async () => {
    const project = await load(
      {},
      {
        ANOMSTACK_ALERT_EMAIL_FROM: 'a@x',
        ANOMSTACK_ALERT_EMAIL_TO: 'b@x',
        ANOMSTACK_ALERT_EMAIL_SMTP_PORT: 'hunter2',
      },
    )
    expect(faultLines(project)).toEqual([
      'ANOMSTACK_ALERT_EMAIL_SMTP_PORT: error: channel "email": port: expected a number, got text',
    ])
    expect(project.channels.get('email')).toEqual({
      kind: 'email',
      configured: false,
      missing: 'correct its options',
    })
  })

  it('no fault shows a secret', async () => {
    const secret = 'tok3n-very-secret'
    const project = await load({
      'anomstack.yaml': [
        'channels:',
        `  a: {kind: slack, webhook_url: ${secret}}`,
        `  b: {kind: email, password: [${secret}]}`,
        `  c: {kind: slack, bot_token: {x: ${secret}}}`,
      ].join('\n'),
    })
    expect(project.faults.length).toBeGreaterThan(3)
    expect(JSON.stringify(project.faults)).not.toContain(secret)
    expect(project.secrets).toContain(secret)
  })
})

describe('server settings', () => {
  it('have defaults', async () => {
    const project = await load({})
    expect(project.server).toEqual({
      host: '127.0.0.1',
      port: 8080,
      publicUrl: 'http://localhost:8080',
      timeZone: 'UTC',
      threads: Math.max(1, availableParallelism()),
      concurrency: 4,
      queues: new Map(),
      databaseConcurrency: 8,
      maxRuntimeMs: 3_600_000,
      stuckAfterMs: 900_000,
      noticeChannels: 'email,slack',
      retentionMs: 30 * 86_400_000,
      retentionRuns: 100_000,
      retentionSchedule: '0 */6 * * *',
      configWatcher: true,
      configWatcherMs: 30_000,
      clockSpeed: 1,
    })
    expect(project.dataDir).toBe(join(project.dir, '.anomstack'))
  })

  it('come from anomstack.yaml, and from the environment before it', async () => {
    const file = {
      'anomstack.yaml':
        'server: {port: 9000, host: "${BIND}", public_url: "https://a.test/x/", threads: 3, data_dir: state, queues: {train: {concurrency: 1, global_concurrency: 2}, llm: {rate: {limit: 5, seconds: 60}}}}\n',
    }
    const project = await load(file, {
      BIND: '0.0.0.0',
      ANOMSTACK_PORT: '9001',
      ANOMSTACK_TIME_ZONE: 'Europe/Berlin',
      ANOMSTACK_MAX_RUNTIME_SECONDS_TAG: '900',
      ANOMSTACK_CLOCK_SPEED: '60',
      ANOMSTACK_CLOCK_START: '2024-01-01T00:00:00Z',
      ANOMSTACK_CONCURRENCY: '2',
      ANOMSTACK_DATABASE_CONCURRENCY: '3',
      ANOMSTACK_DATABASE_URL: 'postgres://me:s3cr%25et@db.test/control',
      ANOMSTACK_KILL_RUN_AFTER_MINUTES: '5',
      ANOMSTACK_HEARTBEAT_URL: 'https://up.test/ping',
      ANOMSTACK_NOTICE_CHANNELS: 'console',
      ANOMSTACK_RETENTION_DAYS: '1',
      ANOMSTACK_RETENTION_RUNS: '50',
      ANOMSTACK_RETENTION_SCHEDULE: '0 1 * * *',
      ANOMSTACK_CONFIG_WATCHER: 'False',
      ANOMSTACK_CONFIG_WATCHER_INTERVAL: '5',
    })
    expect(faultLines(project)).toEqual([])
    expect(project.server).toEqual({
      host: '0.0.0.0',
      port: 9001,
      publicUrl: 'https://a.test/x',
      timeZone: 'Europe/Berlin',
      threads: 3,
      concurrency: 2,
      queues: new Map([
        ['train', { concurrency: 1, globalConcurrency: 2 }],
        ['llm', { rate: { limit: 5, periodMs: 60_000 } }],
      ]),
      databaseConcurrency: 3,
      databaseUrl: 'postgres://me:s3cr%25et@db.test/control',
      maxRuntimeMs: 900_000,
      stuckAfterMs: 300_000,
      heartbeatUrl: 'https://up.test/ping',
      noticeChannels: 'console',
      retentionMs: 86_400_000,
      retentionRuns: 50,
      retentionSchedule: '0 1 * * *',
      configWatcher: false,
      configWatcherMs: 5_000,
      clockSpeed: 60,
      clockStart: Date.UTC(2024, 0, 1),
    })
    expect(project.secrets).toEqual(expect.arrayContaining(['s3cr%et', 's3cr%25et']))
    expect((await load({}, { ANOMSTACK_RETENTION_ENABLED: 'false' })).server.retentionSchedule).toBeNull()
    expect(project.dataDir).toBe(join(project.dir, 'state'))
    expect((await load({}, { ANOMSTACK_CLOCK_START: '1704067200000' })).server.clockStart).toBe(
      Date.UTC(2024, 0, 1),
    )
    expect((await load({}, { ANOMSTACK_PORT: '0' })).server.publicUrl).toBe('http://localhost:0')
  })

  it.each([
    ['ANOMSTACK_PORT', 'http', 'port: expected a number, got text'],
    ['ANOMSTACK_TIME_ZONE', 'Mars/Olympus', 'time_zone: expected an IANA time zone such as Europe/Berlin'],
    [
      'ANOMSTACK_PUBLIC_URL',
      'ftp://x',
      'public_url: expected an address that starts with http:// or https://',
    ],
    ['ANOMSTACK_CLOCK_SPEED', '0', 'clock_speed: expected more than 0'],
    ['ANOMSTACK_CLOCK_START', 'soon', 'clock_start: expected a time such as 2024-01-01T00:00:00Z'],
    ['ANOMSTACK_THREADS', '-1', 'threads: expected at least 1'],
  ])('%s=%s is a fault, and the default holds', async (name, value, message) => {
    const project = await load({}, { [name]: value })
    expect(faultLines(project)).toEqual([`${name}: error: ${message}`])
    expect(project.server).toEqual((await load({})).server)
  })
})

describe('secretsOf', () => {
  const secret = z.string().meta({ secret: true })

  it('finds marks under optionals, lists, maps, unions and defaults', () => {
    const schema = z.strictObject({
      a: secret.optional(),
      b: z.array(secret),
      c: z.record(z.string(), secret),
      d: z.union([z.string(), z.strictObject({ key: secret })]),
      e: z.strictObject({ f: secret.default('built-in') }),
      g: z.string(),
      h: z.union([z.number(), z.array(z.string())]).meta({ secret: true }),
    })
    const input = { a: 'A', b: ['B'], c: { x: 'C' }, d: { key: 'D' }, e: { f: 'F' }, g: 'shown', h: [7, 'H'] }
    expect(new Set(secretsOf(schema, input))).toEqual(new Set(['A', 'B', 'C', 'D', 'F', '7', 'H']))
    expect(secretsOf(schema, { e: {}, a: null, b: 'not a list', c: '' })).toEqual([])
  })
})

describe('interpolate', () => {
  it('reads nested texts, keeps what is escaped, and lists what is missing', () => {
    expect(interpolate({ a: ['x${A}y', '$${A}', '${B}', '$A', 3] }, { A: '1', B: '' })).toEqual({
      value: { a: ['x1y', '${A}', '', '$A', 3] },
      changed: true,
      missing: [{ path: ['a', 2], name: 'B' }],
    })
    expect(interpolate('${constructor}', {}).missing).toEqual([{ path: [], name: 'constructor' }])
  })
})
