import path from 'node:path'
import { drawAlert } from './alerts/alert-picture.ts'
import { composeMessage } from './alerts/compose-message.ts'
import { createDeliveryPump, type DeliveryPump } from './alerts/delivery-pump.ts'
import { catalogs } from './catalogs.ts'
import type { Channel } from './channels/channel.ts'
import { loadProject } from './config/load-project.ts'
import { processEnvironment } from './config/process-environment.ts'
import type { Batch, Project } from './config/project.ts'
import type { Control } from './control/control.ts'
import { openControl } from './control/sqlite-control.ts'
import { type Clock, spedUpClock, systemClock } from './core/clock.ts'
import { AnomstackError, messageOf } from './core/errors.ts'
import type { Logger } from './core/logger.ts'
import { createRedactor } from './core/redact.ts'
import type { Database } from './databases/database.ts'
import { createFunctionRunner } from './functions/typescript.ts'
import { jobHandlers } from './jobs/run-job.ts'
import { createModelPool } from './models/model-pool.ts'
import { createModelStore, type ModelStore } from './models/model-store.ts'
import { newExecutor } from './orchestrator/liveness.ts'
import { createLocalOrchestrator } from './orchestrator/local.ts'
import type { Orchestrator } from './orchestrator/orchestrator.ts'
import { openStorage } from './storages/index.ts'
import type { Storage } from './storages/storage.ts'
import { createTemplates, type Templates } from './templates/templates.ts'

/** The program, wired together for one project. Nothing runs by itself until `orchestrator.start` or `pump.start` is called. */
export interface App {
  readonly project: Project
  readonly clock: Clock
  readonly logger: Logger
  readonly control: Control
  readonly orchestrator: Orchestrator
  readonly pump: DeliveryPump
  readonly templates: Templates
  database(batch: Batch): Database
  redact(text: string): string
  /** Ends everything that was opened; what runs is left to be resumed after `graceMs`. */
  close(graceMs: number): Promise<void>
}

export interface AppOptions {
  readonly logger: (redact: (text: string) => string) => Logger
  /** Put around what leaves the process; tests make it fail there. */
  readonly around?: Around
}

export interface Around {
  control?(control: Control): Control
  database?(database: Database): Database
  storage?(storage: Storage): Storage
  channel?(channel: Channel): Channel
}

/** Loads the project in a folder and opens its control database; databases, threads and channels are opened when they are needed. */
export async function createApp(dir: string, options: AppOptions): Promise<App> {
  const project = await loadProject(dir, catalogs, processEnvironment())
  const redact = createRedactor(project.secrets)
  const logger = options.logger(redact)
  const { server } = project
  const clock =
    server.clockSpeed === 1 ? systemClock : spedUpClock(server.clockSpeed, server.clockStart ?? Date.now())
  const around = options.around ?? {}
  const opened = await openControl(path.join(project.dataDir, 'control.db'))
  const control = around.control?.(opened) ?? opened
  const databases = openDatabases(project, around)
  const channels = openChannels(project, logger, around)
  const stores = openModelStores(project, clock, around)
  const pool = createModelPool({ threads: server.threads })
  const templates = createTemplates(project.metricsDir)
  const executor = newExecutor()

  const pump = createDeliveryPump({
    alerts: control.alerts,
    clock,
    logger,
    clockSpeed: server.clockSpeed,
    executor: executor.id,
    channel: channels.get,
    async compose(alert, delivery, signal) {
      const batch = project.batches.get(alert.batch)
      const picture = await drawAlert({ alert, batch, database: databases.of, signal })
      return composeMessage({
        alert,
        batch,
        deliveryId: delivery.id,
        publicUrl: server.publicUrl,
        ...picture,
      })
    },
  })

  const orchestrator = createLocalOrchestrator({
    control,
    clock,
    logger,
    executor,
    redact,
    maxRuntimeMs: server.maxRuntimeMs,
  })
  orchestrator.register(
    jobHandlers({
      project: () => project,
      control,
      clock,
      logger,
      database: databases.of,
      models: (batch) => stores(batch.settings.model_path),
      pool,
      functions: createFunctionRunner({ environment: processEnvironment() }),
      templates,
      channels: channels.configured,
      alertsRaised: () => pump.wake(),
      redact,
    }),
  )

  return {
    project,
    clock,
    logger,
    control,
    orchestrator,
    pump,
    templates,
    database: databases.of,
    redact,
    async close(graceMs) {
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

/** One open database per connection, shared by its batches. */
function openDatabases(project: Project, around: Around) {
  const open = new Map<string, Database>()
  return {
    of(batch: Batch): Database {
      const name = batch.settings.db
      const known = open.get(name)
      if (known !== undefined) return known
      const connection = project.connections.get(name)
      const definition = connection === undefined ? undefined : catalogs.databases.get(connection.kind)
      if (connection === undefined || definition === undefined)
        throw new AnomstackError('CONFIG_INVALID', `there is no database or connection "${name}"`, {
          at: { batch: batch.name, file: batch.file },
        })
      const created = definition.create(connection.options, { projectDir: project.dir })
      const database = around.database?.(created) ?? created
      open.set(name, database)
      return database
    },
    close: () => Promise.all([...open.values()].map((database) => database.close())),
  }
}

function openChannels(project: Project, logger: Logger, around: Around) {
  const open = new Map<string, Channel>()
  const warned = new Set<string>()
  return {
    get(name: string): Channel | undefined {
      const instance = project.channels.get(name)
      if (instance?.configured !== true) return undefined
      const known = open.get(name)
      if (known !== undefined) return known
      const created = catalogs.channels.get(instance.kind)?.create(instance.options, {
        fetch: globalThis.fetch,
        // Receivers compare signatures' times with their own clocks, which are never sped up.
        now: Date.now,
        write: (text) => void process.stdout.write(text),
      })
      if (created === undefined) return undefined
      const channel = around.channel?.(created) ?? created
      open.set(name, channel)
      return channel
    },
    configured(methods: string): readonly string[] {
      const names = [...new Set(methods.split(',').map((name) => name.trim()))].filter((name) => name !== '')
      return names.filter((name) => {
        const instance = project.channels.get(name)
        if (instance?.configured === true) return true
        if (!warned.has(name)) {
          warned.add(name)
          logger.log('warn', `channel "${name}" is not configured; alerts go to the others`, {
            missing: instance?.missing ?? 'no channel has this name',
          })
        }
        return false
      })
    },
    close: () => Promise.all([...open.values()].map(async (channel) => channel.close?.())),
  }
}

/** One model store per model path. */
function openModelStores(project: Project, clock: Clock, around: Around): (modelPath: string) => ModelStore {
  const stores = new Map<string, ModelStore>()
  return (modelPath) => {
    const known = stores.get(modelPath)
    if (known !== undefined) return known
    const storage = openStorage(
      modelPath,
      { projectDir: project.dir },
      project.storages.get(modelPath.split('://', 1)[0]!)?.options,
    )
    const store = createModelStore(around.storage?.(storage) ?? storage, { now: () => clock.now() })
    stores.set(modelPath, store)
    return store
  }
}
