import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BatchSettings, batchSettings } from '../../src/config/batch-settings.ts'
import type { Batch, Fault, Project } from '../../src/config/project.ts'
import type { Control } from '../../src/control/control.ts'
import { openSqliteControl } from '../../src/control/sqlite-control.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Json } from '../../src/core/json.ts'
import type { MetricRow } from '../../src/core/metric-row.ts'
import type { Database } from '../../src/databases/database.ts'
import { sqlite } from '../../src/databases/sqlite.ts'
import { createModelStore, type ModelStore } from '../../src/models/model-store.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import { setScheduleState } from '../../src/orchestrator/schedule-state.ts'
import { projectSchedules } from '../../src/orchestrator/schedules.ts'
import { createServer, listen } from '../../src/server/server.ts'
import { local } from '../../src/storages/local.ts'
import { createTemplates } from '../../src/templates/templates.ts'

/** A Monday noon that every test takes for now. */
export const NOW = Date.UTC(2025, 5, 16, 12)
export const MINUTE = 60_000
export const DAY = 86_400_000

export interface ScratchServer {
  readonly url: string
  readonly control: Control
  readonly database: Database
  readonly models: ModelStore
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[]
  /** Adds a batch to the project, in place of the one of that name. */
  addBatch(name: string, settings?: Partial<BatchSettings>): Batch
  setFaults(faults: readonly Fault[]): void
  setSecrets(secrets: readonly string[]): void
  /** Lets the clock show a later time. */
  advance(milliseconds: number): void
  /** From now on the batch's database answers with this error. */
  breakDatabase(batch: string, error: Error): void
  get(path: string, headers?: Record<string, string>): Promise<Response>
  json<Body = { readonly [key: string]: Json }>(path: string): Promise<Body>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

/** A real server on loopback over a real control database and a real SQLite metrics table, in a folder of its own; only the clock stands still. */
export async function scratchServer(given: { readonly control?: Control } = {}): Promise<ScratchServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'anomstack-server-'))
  const control = given.control ?? (await openSqliteControl(path.join(dir, 'control.db')))
  const database = sqlite.create({ path: 'metrics.db' }, { projectDir: dir })
  const batches = new Map<string, Batch>()
  const broken = new Map<string, Error>()
  const logged: ScratchServer['logged'] = []
  let now = NOW
  const clock: Clock = { now: () => now, sleep: () => Promise.resolve() }
  let faults: readonly Fault[] = []
  let secrets: readonly string[] = []
  const project = (): Project => ({
    dir,
    metricsDir: path.join(dir, 'metrics'),
    dataDir: path.join(dir, '.anomstack'),
    batches,
    connections: new Map([['sqlite', { kind: 'sqlite', options: { path: 'metrics.db' } }]]),
    channels: new Map([
      ['slack', { kind: 'slack', configured: false, missing: 'set ANOMSTACK_SLACK_BOT_TOKEN' }],
    ]),
    storages: new Map(),
    server: {
      host: '127.0.0.1',
      port: 0,
      publicUrl: 'https://metrics.example.test:8443/anomstack',
      timeZone: 'UTC',
      threads: 1,
      concurrency: 1,
      maxRuntimeMs: 60_000,
      stuckAfterMs: 900_000,
      queues: new Map(),
      databaseConcurrency: 8,
      noticeChannels: '',
      configWatcher: false,
      configWatcherMs: 30_000,
      retentionMs: 30 * DAY,
      retentionRuns: 1000,
      retentionSchedule: null,
      clockSpeed: 1,
    },
    faults,
    secrets,
  })
  const logger = {
    log: (level: string, message: string, fields: unknown = {}) =>
      void logged.push({ level, message, fields }),
  }
  const orchestrator = createLocalOrchestrator({ control, clock, logger, maxRuntimeMs: 60_000 })
  const models = createModelStore(local.create('models', local.options.parse({}), { projectDir: dir }))
  const app = createServer({
    project,
    control,
    orchestrator,
    database(batch) {
      const error = broken.get(batch.name)
      if (error !== undefined) throw error
      return database
    },
    models: () => models,
    templates: createTemplates(dir),
    retryDelivery: (id) => control.alerts.retryDelivery(id, now),
    async setSchedule(id, state) {
      await setScheduleState(control.schedules, projectSchedules(project()), { id, state, now })
    },
    clock,
    logger,
    version: '1.2.3-test',
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0 })
  const get = (where: string, headers: Record<string, string> = {}) =>
    fetch(server.url + where, { headers, redirect: 'manual' })
  return {
    url: server.url,
    control,
    database,
    models,
    logged,
    addBatch(name, settings = {}) {
      const batch: Batch = {
        name,
        file: `metrics/${name}.yaml`,
        settings: batchSettings.parse({ db: 'sqlite', ...settings }),
        sources: [],
        variables: {},
      }
      batches.set(name, batch)
      return batch
    },
    setFaults(next) {
      faults = next
    },
    setSecrets(next) {
      secrets = next
    },
    advance(milliseconds) {
      now += milliseconds
    },
    breakDatabase: (batch, error) => void broken.set(batch, error),
    get,
    json: async <Body>(where: string) => (await (await get(where)).json()) as Body,
    post: (where, body, headers = {}) =>
      fetch(server.url + where, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        redirect: 'manual',
      }),
    async close() {
      await server.close(0)
      await orchestrator.stop({ graceMs: 0 })
      await database.close()
      await control.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Values, one a minute and the newest at `end`; scores follow where they are given, with an expected range as scoring writes it. */
export function seriesRows(series: {
  readonly batch: string
  readonly metric: string
  readonly values: readonly number[]
  readonly scores?: readonly (number | null)[]
  readonly end?: number
  readonly step?: number
}): MetricRow[] {
  const { batch, metric: name, values, scores = [], end = NOW, step = MINUTE } = series
  return values.flatMap((value, index): MetricRow[] => {
    const timestamp = end - (values.length - 1 - index) * step
    const row: MetricRow = { timestamp, batch, name, type: 'metric', value, metadata: '' }
    const score = scores[index]
    if (score === null || score === undefined) return [row]
    const note = {
      value,
      expected: value - 1,
      lower: value - 3,
      upper: value + 2,
      reason: 'as ever',
      scored_at: NOW,
    }
    return [row, { timestamp, batch, name, type: 'score', value: score, metadata: JSON.stringify(note) }]
  })
}
