import path from 'node:path'
import { drawAlert } from './alerts/alert-picture.ts'
import { composeMessage } from './alerts/compose-message.ts'
import { createDeliveryPump, type DeliveryPump } from './alerts/delivery-pump.ts'
import { createNoticeBoard } from './alerts/notice-board.ts'
import { composeNotice } from './alerts/notice-message.ts'
import { catalogs } from './catalogs.ts'
import { readEnvironment } from './config/environment.ts'
import { loadProject } from './config/load-project.ts'
import { processEnvironment } from './config/process-environment.ts'
import type { Batch, Project } from './config/project.ts'
import type { Control } from './control/control.ts'
import { openControl } from './control/open-control.ts'
import { type Clock, spedUpClock, systemClock } from './core/clock.ts'
import { parseDuration } from './core/duration.ts'
import { messageOf } from './core/errors.ts'
import type { Logger } from './core/logger.ts'
import { createRedactor } from './core/redact.ts'
import type { Database } from './databases/database.ts'
import { createFunctionRunner } from './functions/create-function-runner.ts'
import { fitFingerprint } from './jobs/fit-fingerprint.ts'
import { jobHandlers } from './jobs/run-job.ts'
import type { JobServices } from './jobs/services.ts'
import { createModelPool } from './models/model-pool.ts'
import type { ModelStore } from './models/model-store.ts'
import {
  type Around,
  currentTemplates,
  openChannels,
  openDatabases,
  openModelStores,
  openTranslator,
} from './open-plugins.ts'
import { createDbosOrchestrator } from './orchestrator/dbos.ts'
import { newExecutor } from './orchestrator/liveness.ts'
import { createLocalOrchestrator } from './orchestrator/local.ts'
import type { JobHandler, Orchestrator } from './orchestrator/orchestrator.ts'
import { retryDelay } from './orchestrator/retry-delay.ts'
import type { RunEngineOptions } from './orchestrator/run-engine.ts'
import { createSensors, type Sensors } from './orchestrator/sensors/create-sensors.ts'
import { sensors } from './orchestrator/sensors/index.ts'
import type { SensorServices } from './orchestrator/sensors/sensor.ts'
import type { JobName } from './runs/run.ts'
import type { Templates } from './templates/templates.ts'

export type { Around } from './open-plugins.ts'

/** The program, wired together for one project. Nothing runs by itself until `orchestrator.start` or `pump.start` is called. */
export interface App {
  /** As it is now: a new one once files have changed, see `useProject`. */
  readonly project: Project
  readonly clock: Clock
  readonly logger: Logger
  readonly control: Control
  readonly orchestrator: Orchestrator
  readonly pump: DeliveryPump
  readonly sensors: Sensors
  readonly templates: Templates
  database(batch: Batch): Database
  models(batch: Batch): ModelStore
  redact(text: string): string
  /** From now on this is the project. Settings of the process, such as its port and its number of threads, stay as they are. */
  useProject(project: Project): void
  /** Calls the listener whenever the project has become another. */
  onProject(listener: () => void): void
  /** Ends everything that was opened; what runs is left to be resumed after `graceMs`. */
  close(graceMs: number): Promise<void>
}

export interface AppOptions {
  readonly logger: (redact: (text: string) => string) => Logger
  /** Put around what leaves the process; tests make it fail there. */
  readonly around?: Around
}

/** Loads the project in a folder and opens its control database; databases, threads and channels are opened when they are needed. */
export async function createApp(dir: string, options: AppOptions): Promise<App> {
  const load = () => loadProject(dir, catalogs, processEnvironment())
  let loaded = await load()
  let redactor = createRedactor(loaded.secrets)
  const listeners: (() => void)[] = []
  const project = () => loaded
  const redact = (text: string) => redactor(text)
  const logger = options.logger(redact)
  const { server, dataDir } = loaded
  const clock =
    server.clockSpeed === 1 ? systemClock : spedUpClock(server.clockSpeed, server.clockStart ?? Date.now())
  const around = options.around ?? {}
  const opened = await openControl({
    file: path.join(dataDir, 'control.db'),
    ...(server.databaseUrl === undefined ? {} : { databaseUrl: server.databaseUrl }),
    onIdleError: ({ message }) =>
      logger.log('warn', 'a connection to the control database broke', { problem: message }),
  })
  const control = around.control?.(opened) ?? opened
  const databases = openDatabases(project, logger, around)
  const channels = openChannels(project, logger, around)
  const stores = openModelStores(project, clock, around)
  const models = (batch: Batch) => stores(batch.settings.model_path)
  const pool = createModelPool({ threads: server.threads })
  const templates = currentTemplates(project)
  const functions = createFunctionRunner({
    environment: () => readEnvironment(dir, processEnvironment(), () => {}),
  })
  const executor = newExecutor()

  const pump = createDeliveryPump({
    alerts: control.alerts,
    clock,
    logger,
    clockSpeed: server.clockSpeed,
    executor: executor.id,
    channel: channels.get,
    async compose(alert, delivery, signal) {
      const batch = loaded.batches.get(alert.batch)
      const picture = await drawAlert({ alert, batch, database: databases.of, signal })
      return composeMessage({
        alert,
        batch,
        deliveryId: delivery.id,
        publicUrl: loaded.server.publicUrl,
        ...picture,
      })
    },
    composeNotice: (notice, { id }) =>
      composeNotice(notice, { deliveryId: id, publicUrl: loaded.server.publicUrl }),
  })

  const orchestrator = createOrchestrator(project, { control, clock, logger, executor, redact })
  orchestrator.register(
    whileInUse(databases.use, {
      project,
      control,
      clock,
      logger,
      database: databases.of,
      source: databases.sourceOf,
      translate: openTranslator(project),
      models,
      modelsAt: stores,
      pool,
      functions,
      templates,
      channels: channels.configured,
      alertsRaised: () => pump.wake(),
      redact,
    }),
  )

  const useProject = (next: Project) => {
    if (next === loaded) return
    loaded = next
    redactor = createRedactor(next.secrets)
    for (const listener of listeners) listener()
  }
  const services: SensorServices = {
    project,
    control,
    clock,
    logger,
    notices: createNoticeBoard({
      control,
      clock,
      logger,
      redact,
      channels: () => channels.configured(loaded.server.noticeChannels),
      raised: () => pump.wake(),
    }),
    orchestrator,
    database: databases.of,
    functions,
    channels: channels.configured,
    alertsRaised: () => pump.wake(),
    loadProject: load,
    useProject,
    fitFingerprint: (batch) => fitFingerprint(batch, templates),
  }
  const watching = createSensors({
    sensors: sensors.map((create) => create(services)),
    control,
    logger,
    holder: executor.id,
  })

  return {
    get project() {
      return loaded
    },
    clock,
    logger,
    control,
    orchestrator,
    pump,
    sensors: watching,
    templates,
    database: databases.of,
    models,
    redact,
    useProject,
    onProject(listener) {
      listeners.push(listener)
    },
    async close(graceMs) {
      await watching.stop()
      await orchestrator.stop({ graceMs })
      await pump.stop(graceMs)
      const closing = await Promise.allSettled([pool.close(), databases.close(), channels.close()])
      for (const result of closing)
        if (result.status === 'rejected')
          logger.log('warn', 'closing failed', { problem: messageOf(result.reason) })
      await control.close()
    },
  }
}

/** Handlers during which no database that they may have been given is closed. */
function whileInUse(use: () => () => void, services: JobServices): ReadonlyMap<JobName, JobHandler> {
  return new Map(
    [...jobHandlers(services)].map(([name, handle]) => [
      name,
      async (execution) => {
        const end = use()
        try {
          await handle(execution)
        } finally {
          end()
        }
      },
    ]),
  )
}

/** One process drives its own runs; on PostgreSQL any number of them share the work. */
function createOrchestrator(
  project: () => Project,
  parts: Pick<RunEngineOptions, 'control' | 'clock' | 'logger' | 'executor' | 'redact'>,
): Orchestrator {
  const { server } = project()
  const batchOf = ({ batch = '' }: { readonly batch?: string }) => project().batches.get(batch)
  const options: RunEngineOptions = {
    ...parts,
    maxRuntimeMs: server.maxRuntimeMs,
    queues: server.queues,
    resourceOf(request) {
      const { db = '', ingest_db: source } = batchOf(request)?.settings ?? {}
      return request.job === 'ingest' ? (source ?? db) : db
    },
    resources: () =>
      new Map([...project().connections.keys()].map((name) => [name, server.databaseConcurrency])),
    retryDelayMs(run, error) {
      const settings = batchOf(run)?.settings
      if (settings === undefined) return undefined
      const delayMs = parseDuration(settings.run_retry_delay) ?? 0
      return retryDelay(run, error, { retries: settings.run_retries, delayMs })
    },
  }
  return server.databaseUrl === undefined
    ? createLocalOrchestrator(options)
    : createDbosOrchestrator({ ...options, url: server.databaseUrl })
}
