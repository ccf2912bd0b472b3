import { readFileSync } from 'node:fs'
import type { App } from './app.ts'
import { createScheduler } from './orchestrator/scheduler.ts'
import { scheduledJobs } from './orchestrator/schedules.ts'
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
  const { project, control, orchestrator, pump, clock, logger } = app
  const schedules = scheduledJobs(project)
  const server = createServer({
    project: () => project,
    control,
    orchestrator,
    database: app.database,
    templates: app.templates,
    async retryDelivery(id) {
      const retried = await control.alerts.retryDelivery(id, clock.now())
      if (retried) pump.wake()
      return retried
    },
    clock,
    logger,
    version: (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version,
  })
  const listening = await listen(server, options)
  const scheduler = createScheduler({ clock, orchestrator, control, logger, schedules: () => schedules })
  try {
    if (options.backfill) await backfillNewBatches(app)
    await orchestrator.start({ concurrency: project.server.concurrency })
  } catch (error) {
    await listening.close(0)
    throw error
  }
  pump.start()
  scheduler.start()
  return {
    url: listening.url,
    async close(graceMs) {
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
