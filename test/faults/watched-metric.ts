import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import type { Control } from '../../src/control/control.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Run } from '../../src/runs/run.ts'
import { type HttpReceiver, startHttpReceiver } from '../channels/http-receiver.ts'
import { calm, justAfter, MINUTE, valuesSql } from '../jobs/series.ts'
import { writeFiles } from '../project.ts'
import { type Faulty, faulty } from './faulty.ts'

const HISTORY = 60
const HOUR = 60 * MINUTE

/** Everything that a pipeline leaves behind for one batch, without what names the batch or tells when it was written. */
export interface Traces {
  readonly rows: readonly string[]
  readonly alerts: readonly string[]
}

/** A program with planted faults, and any number of alike batches, so that each fault meets one that nothing has happened to yet. */
export interface FaultyProgram {
  /** The one that runs now. */
  app(): App
  readonly faults: Faulty
  readonly receiver: HttpReceiver
  /** Ingests, trains and scores a calm hour, then puts the spike into the batch's source. */
  prepare(batch: string): Promise<void>
  /** One run of the pipeline after the spike, and the deliveries; undefined when the run could not even be queued or read. */
  run(batch: string, signal?: AbortSignal): Promise<Run | undefined>
  /** Takes deliveries whose lease or waiting time has ended by then. */
  deliverLater(): Promise<void>
  traces(batch: string): Promise<Traces>
  /** Ends the program and starts it again, with its queue at work, until nothing is queued or running. */
  restart(): Promise<void>
  close(): Promise<void>
}

export const batchName = (index: number) => `b${index}`

export async function openFaultyProgram(batches: number): Promise<FaultyProgram> {
  const receiver = await startHttpReceiver((_, response) => response.writeHead(200).end())
  const names = Array.from({ length: batches }, (_, index) => batchName(index))
  const dir = await mkdtemp(path.join(tmpdir(), 'anomstack-faults-'))
  await writeFiles(dir, {
    'anomstack.yaml': `server: {threads: 1}\nchannels:\n  webhook: {url: '${receiver.url}'}\n`,
    'defaults/defaults.yaml': [
      'db: sqlite',
      'alert_methods: webhook',
      'tholdalert_methods: webhook',
      'alert_smooth_n: 1',
      'score_max_n: 3',
      'disable_change: true',
      'disable_tholdalert: false',
      'tholdalert_thresholds: {m: {upper: 150}}',
      "train_cron_schedule: '* * * * *'",
      'preprocess_params: {diff_n: 0, smooth_n: 1, lags_n: 0}',
      'model_configs: [{model_name: MAD}]',
    ].join('\n'),
    ...Object.fromEntries(
      names.flatMap((name) => [
        [`${name}.yaml`, `metric_batch: ${name}\ningest_sql: '{% include "./${name}.sql" %}'\n`],
        [`${name}.sql`, valuesSql(calm(HISTORY))],
      ]),
    ),
  })
  const faults = faulty()
  let later = 0
  const open = () =>
    createApp(dir, {
      logger: () => silentLogger,
      around: {
        ...faults.around,
        control: (control) => faults.around.control(postponed(control, () => later)),
      },
    })
  let app = await open()
  if (app.project.faults.length > 0) throw new Error(JSON.stringify(app.project.faults))
  const at = justAfter(HISTORY + 1)
  const spiked = calm(HISTORY + 1).map((value, index) => (index === HISTORY ? value + 90 : value))
  let runs = 0

  const pipeline = (batch: string, time: number, signal?: AbortSignal) =>
    app.orchestrator.runNow(
      { job: 'pipeline', batch, trigger: 'manual', params: { at: time } },
      signal === undefined ? {} : { signal },
    )
  const drain = async (signal = new AbortController().signal) => {
    try {
      await app.pump.drain(signal)
    } catch {
      // The background loop logs it and looks again.
    }
  }

  return {
    app: () => app,
    faults,
    receiver,
    async prepare(batch) {
      const prepared = await pipeline(batch, justAfter(HISTORY))
      if (prepared.status !== 'succeeded') throw new Error(prepared.error?.message)
      await writeFiles(dir, { [`${batch}.sql`]: valuesSql(spiked) })
    },
    async run(batch, signal) {
      let ended: Run | undefined
      try {
        ended = await pipeline(batch, at + runs++ * 10, signal)
      } catch {
        ended = undefined
      }
      await drain(signal?.aborted ? undefined : signal)
      return ended
    },
    async deliverLater() {
      later += HOUR
      await drain()
    },
    async traces(batch) {
      const found = app.project.batches.get(batch)!
      const rows = await app
        .database(found)
        .query(
          `select metric_name, metric_type, metric_timestamp, metric_value, metadata from metrics where metric_batch = '${batch}' order by 1, 2, 3`,
        )
      const alerts = await app.control.alerts.list({ batch, limit: 100 })
      return {
        rows: rows.map((row) => JSON.stringify(row).replace(/\\"scored_at\\":\d+/, '')),
        alerts: alerts
          .map(({ metric, kind, timestamp, value, score, reason }) =>
            JSON.stringify({ kind, metric, timestamp, value, score, reason }),
          )
          .sort(),
      }
    },
    async restart() {
      await app.close(0)
      app = await open()
      await app.orchestrator.start({ concurrency: 2 })
      for (const status of ['queued', 'running'] as const)
        for (const { id } of await app.control.runs.list({ status, limit: 100 }))
          await app.orchestrator.wait(id)
    },
    async close() {
      await app.close(0)
      await receiver.stop()
      await rm(dir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The same control database, with deliveries that fall due as if it were later. */
function postponed(control: Control, later: () => number): Control {
  return {
    ...control,
    alerts: {
      ...control.alerts,
      takeDue: (options) => control.alerts.takeDue({ ...options, now: options.now + later() }),
    },
  }
}
