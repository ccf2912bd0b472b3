import { readFileSync } from 'node:fs'
import type { App } from './app.ts'
import { createScheduler } from './orchestrator/scheduler.ts'
import { projectSchedules } from './orchestrator/schedules.ts'
import { createServer, listen } from './server/server.ts'

export interface ServeOptions {
  readonly host: string
  readonly port: number
  /** Replay the history of batches that have no model yet. */
  readonly backfill: boolean
}

const packageFile = new URL('../package.json', import.meta.url)

/** Starts everything that a server does: HTTP, the queue, the schedules and the deliveries. Throws when the address cannot be listened on. */
export async function serve(
  app: App,
  options: ServeOptions,
): Promise<{ readonly url: string; close(graceMs: number): Promise<void> }> {
  const { control, orchestrator, pump, sensors, clock, logger } = app
  let schedules = projectSchedules(app.project)
  const scheduler = createScheduler({ clock, orchestrator, control, logger, schedules: () => schedules })
  const server = createServer({
    project: () => app.project,
    control,
    orchestrator,
    database: app.database,
    models: app.models,
    templates: app.templates,
    async retryDelivery(id) {
      const retried = await control.alerts.retryDelivery(id, clock.now())
      if (retried) pump.wake()
      return retried
    },
    setSchedule: scheduler.setState,
    clock,
    logger,
    version: (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version,
  })
  const listening = await listen(server, options)
  try {
    if (options.backfill) await backfillNewBatches(app)
    await orchestrator.start({ concurrency: app.project.server.concurrency })
  } catch (error) {
    await listening.close(0)
    throw error
  }
  pump.start()
  app.onProject(() => {
    schedules = projectSchedules(app.project)
    scheduler.replan()
  })
  scheduler.start()
  sensors.start()
  return {
    url: listening.url,
    async close(graceMs) {
      await sensors.stop()
      await scheduler.stop()
      await listening.close(graceMs)
    },
  }
}

/** Each batch once in the life of a project, so that what is on screen first is not an empty page. */
async function backfillNewBatches({ project, orchestrator }: App): Promise<void> {
  for (const batch of project.batches.values())
    if (!batch.settings.disable_train)
      await orchestrator.enqueue(
        { job: 'backfill', batch: batch.name, trigger: 'manual' },
        { idempotencyKey: `first-backfill:${batch.name}` },
      )
}
