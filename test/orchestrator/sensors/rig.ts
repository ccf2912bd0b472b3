import { setTimeout as delay } from 'node:timers/promises'
import { createNoticeBoard } from '../../../src/alerts/notice-board.ts'
import type { App } from '../../../src/app.ts'
import { catalogs } from '../../../src/catalogs.ts'
import { loadProject } from '../../../src/config/load-project.ts'
import type { Control } from '../../../src/control/control.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { createFunctionRunner } from '../../../src/functions/create-function-runner.ts'
import { fitFingerprint } from '../../../src/jobs/fit-fingerprint.ts'
import type { Sensor, SensorServices } from '../../../src/orchestrator/sensors/sensor.ts'
import type { JobName, Run } from '../../../src/runs/run.ts'

/** What the sensors of a program are given, with parts of it replaced. */
export function servicesOf(app: App, parts: Partial<SensorServices> = {}): SensorServices {
  const { control, orchestrator, database, useProject } = app
  const clock = parts.clock ?? app.clock
  return {
    project: () => app.project,
    control,
    clock,
    logger: silentLogger,
    notices: createNoticeBoard({
      control: parts.control ?? control,
      clock,
      logger: silentLogger,
      redact: app.redact,
      channels: () => ['hook'],
      raised: () => {},
    }),
    orchestrator,
    database,
    functions: createFunctionRunner({ environment: process.env }),
    channels: (methods) => methods.split(','),
    alertsRaised: () => {},
    loadProject: () => loadProject(app.project.dir, catalogs, {}),
    useProject,
    fitFingerprint: (batch) => fitFingerprint(batch, app.templates),
    ...parts,
  }
}

const never = new AbortController().signal

export const check = (sensor: Sensor): Promise<void> => sensor.check({ signal: never })

/** A run that ended at this time, as an executor records it. */
export async function endedRun(
  { runs }: Control,
  run: { readonly job?: JobName; readonly batch: string; readonly at: number; readonly failure?: string },
): Promise<Run> {
  const { job = 'ingest', batch, at, failure } = run
  const queued = await runs.enqueue({ job, batch, trigger: 'schedule' }, { now: at })
  const claimed = await runs.claimById(queued.run.id, { executor: 'rig', now: at })
  if (claimed === undefined) throw new Error('the run could not be claimed')
  const end = { attempt: claimed.attempt, executor: 'rig', now: at }
  if (failure === undefined) await runs.finish(claimed.id, { ...end, status: 'succeeded' })
  else
    await runs.finish(claimed.id, {
      ...end,
      status: 'failed',
      error: { code: 'QUERY_FAILED', message: failure },
    })
  return claimed
}

/** Titles of all notices, the oldest first. */
export async function titles({ notices }: Control): Promise<readonly string[]> {
  return (await notices.list({ limit: 1_000 })).map(({ title }) => title).toReversed()
}

/** Waits until something holds; fails with its name when it does not. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 40,
): Promise<void> {
  const deadline = Date.now() + seconds * 1_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`)
    await delay(30)
  }
}

export const BATCH = `metric_batch: shop
db: sqlite
pipeline_cron_schedule: "0 0 1 1 *"
alert_methods: hook
ingest_sql: select datetime('2024-01-01') as metric_timestamp, 'orders' as metric_name, 1 as metric_value
`

/** `anomstack.yaml` with a channel `hook` and how files are watched. */
export const hookAt = (url: string): string =>
  `channels:\n  hook: {kind: webhook, url: "${url}"}\nserver:\n  notice_channels: hook\n  config_watcher_interval: 0.2\n`
