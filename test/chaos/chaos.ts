import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Alert } from '../../src/alerts/alert.ts'
import { createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createRandom } from '../../src/core/random.ts'
import { startHttpReceiver } from '../channels/http-receiver.ts'
import { killed, query, startWorker } from '../e2e/spread.ts'
import { startPostgres } from '../postgres/start-postgres.ts'
import { writeFiles } from '../write-files.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly batches: number
  /** Pipelines of each batch, one after the other. */
  readonly ticks: number
  readonly workers: number
  readonly say: (line: string) => void
}

/** What happened, and what must not have: empty when every promise was kept. */
export interface ChaosReport {
  readonly kills: number
  readonly restarts: number
  readonly alerts: number
  readonly broken: readonly string[]
}

const MINUTE = 60_000
const START = Date.UTC(2024, 0, 1)
const LEARNED = 100
/** Points between two pipelines of a batch. */
const STRIDE = 3
/** A spike stands out from its lags. */
const LAGS = 8

/** Lives through many pipelines while workers are killed and PostgreSQL is restarted at random, and then looks for broken promises. */
export async function chaos({ seed, batches, ticks, workers, say }: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(seed)
  const postgres = await startPostgres()
  const receiver = await startHttpReceiver((_, response) => response.writeHead(204).end())
  const dir = await mkdtemp(path.join(tmpdir(), 'anomstack-chaos-'))
  const names = Array.from({ length: batches }, (_, index) => `b${index}`)
  const length = LEARNED + ticks * STRIDE
  const spikes = new Map(
    names.map((name) => [name, LEARNED + LAGS + random.int(Math.max(1, ticks * STRIDE - 3 * LAGS))]),
  )
  const metricsUrl = await postgres.createDatabase()
  const databaseUrl = await postgres.createDatabase()
  await query(metricsUrl, 'create table readings (batch text, at timestamptz, value float8)')
  for (const name of names)
    await query(
      metricsUrl,
      'insert into readings select $1, to_timestamp(t / 1000.0), v from unnest($2::float8[], $3::float8[]) as r(t, v)',
      [
        name,
        Array.from({ length }, (_, index) => START + index * MINUTE),
        Array.from({ length }, (_, index) => valueAt(index) + (index === spikes.get(name) ? 300 : 0)),
      ],
    )
  await writeFiles(dir, {
    '.env': `ANOMSTACK_DATABASE_URL=${databaseUrl}\n`,
    'anomstack.yaml': `server: {threads: 1, concurrency: 3}\nconnections:\n  warehouse: {kind: postgres, url: "${metricsUrl}"}\nchannels:\n  webhook: {url: '${receiver.url}'}\n`,
    ...Object.fromEntries(
      names.map((name) => [
        `metrics/${name}.yaml`,
        [
          `metric_batch: ${name}`,
          'db: warehouse',
          'alert_methods: webhook',
          'disable_change: true',
          'run_retries: 5',
          'run_retry_delay: 1s',
          `ingest_sql: select at as metric_timestamp, 'm' as metric_name, value as metric_value from readings where batch = '${name}'`,
        ].join('\n'),
      ]),
    ),
  })
  const app = await createApp(dir, { logger: () => silentLogger })
  const crew: ChildProcess[] = []
  const broken: string[] = []
  let kills = 0
  let restarts = 0
  let ending = false

  async function persist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;)
      try {
        return await work()
      } catch {
        // PostgreSQL is away: that is the point.
        await delay(200)
      }
  }

  async function wreak(): Promise<void> {
    while (!ending) {
      await delay(1_500 + random.int(4_000))
      if (ending) return
      if (random.next() < 0.2) {
        say('PostgreSQL is restarted')
        await postgres.restart()
        restarts++
      } else {
        const victim = random.int(crew.length)
        say(`worker ${victim} is killed`)
        await killed(crew[victim]!)
        crew[victim] = await startWorker(dir)
        kills++
      }
    }
  }

  try {
    for (let index = 0; index < workers; index++) crew.push(await startWorker(dir))
    const wreaking = wreak()
    await Promise.all(
      names.map(async (batch) => {
        for (let tick = 0; tick <= ticks; tick++) {
          const at = START + (LEARNED + tick * STRIDE - 1) * MINUTE + 1_000
          const { run } = await persist(() =>
            app.orchestrator.enqueue(
              { job: 'pipeline', batch, trigger: 'manual', params: { at } },
              { idempotencyKey: `chaos:${batch}:${tick}` },
            ),
          )
          const ended = await persist(() => app.orchestrator.wait(run.id))
          // Three dead workers in a row look like a run that kills them; the next pipeline makes up for it.
          const excused = ended.error?.message.includes('the process that ran it died') === true
          if (ended.status !== 'succeeded' && !excused)
            broken.push(`run ${run.id} of ${batch} is ${ended.status}: ${ended.error?.message}`)
        }
      }),
    )
    ending = true
    await wreaking
    const delivered = async () => {
      const open = await persist(() => app.control.alerts.deliveries({ status: 'pending', limit: 1_000 }))
      return open.length === 0
    }
    for (let waited = 0; waited < 180 && !(await delivered()); waited++) await delay(1_000)
    const alerts = await app.control.alerts.list({ limit: 10_000 })
    broken.push(...(await promises()))
    return { kills, restarts, alerts: alerts.length, broken }
  } finally {
    ending = true
    await Promise.all(crew.map(killed))
    await app.close(0)
    await receiver.stop()
    await postgres.stop()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }

  async function promises(): Promise<string[]> {
    const found: string[] = []
    for (const status of ['queued', 'running'] as const)
      for (const run of await app.control.runs.list({ status, limit: 100 }))
        found.push(`run ${run.id} (${run.job} of ${run.batch}) is still ${status}`)
    const doubled = await query(
      metricsUrl,
      'select 1 from metrics group by metric_batch, metric_name, metric_type, metric_timestamp having count(*) > 1',
    )
    if (doubled.length > 0) found.push(`${doubled.length} rows stand twice in the metrics table`)
    const unscored = await query(
      metricsUrl,
      `select m.metric_batch, count(*)::int as count from metrics m left join metrics s on s.metric_batch = m.metric_batch
        and s.metric_timestamp = m.metric_timestamp and s.metric_type = 'score'
        where m.metric_type = 'metric' and s.metric_value is null
        and m.metric_timestamp >= (select min(metric_timestamp) from metrics f where f.metric_batch = m.metric_batch and f.metric_type = 'score')
        and m.metric_timestamp <= to_timestamp($1 / 1000.0) group by 1`,
      [START + (LEARNED + ticks * STRIDE - 1) * MINUTE],
    )
    for (const { metric_batch, count } of unscored)
      found.push(`${String(count)} points of ${String(metric_batch)} have no score`)
    const alerts = await app.control.alerts.list({ limit: 10_000 })
    for (const name of names) {
      const spike = spikes.get(name)!
      const near = alerts.filter((alert) => alert.batch === name && isNear(alert, spike))
      if (near.length !== 1) found.push(`the spike of ${name} has ${near.length} alerts`)
    }
    const rows = await query(
      metricsUrl,
      "select metric_batch, metric_timestamp from metrics where metric_type = 'alert'",
    )
    if (rows.length !== alerts.length)
      found.push(`${alerts.length} alerts are on record, and ${rows.length} rows`)
    for (const alert of alerts) {
      const deliveries = await app.control.alerts.deliveries({ alertId: alert.id, limit: 10 })
      if (deliveries.length !== 1 || deliveries[0]?.status !== 'delivered')
        found.push(
          `alert ${alert.id} has deliveries ${deliveries.map(({ status }) => status).join(', ') || 'none'}`,
        )
      else if (!receiver.calls.some(({ headers }) => headers['webhook-id'] === deliveries[0]?.id))
        found.push(`delivery ${deliveries[0].id} is recorded and did not arrive`)
    }
    return found
  }
}

const valueAt = (index: number) => 100 + Math.sin(index * 1.7) + Math.cos(index * 0.61) * 0.7

function isNear(alert: Alert, spike: number): boolean {
  const late = (alert.timestamp - START) / MINUTE - spike
  return late >= 0 && late <= LAGS
}
