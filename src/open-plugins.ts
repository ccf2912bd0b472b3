import { catalogs } from './catalogs.ts'
import type { Channel } from './channels/channel.ts'
import type { Batch, PluginInstance, Project } from './config/project.ts'
import type { Control } from './control/control.ts'
import type { Clock } from './core/clock.ts'
import { AnomstackError, messageOf } from './core/errors.ts'
import type { Logger } from './core/logger.ts'
import type { Database } from './databases/database.ts'
import type { JobServices } from './jobs/services.ts'
import { createModelStore, type ModelStore } from './models/model-store.ts'
import { createRenewable } from './renewable.ts'
import { openStorage } from './storages/index.ts'
import type { Storage } from './storages/storage.ts'
import { createTemplates, type Templates } from './templates/templates.ts'
import { createSqlTranspiler } from './templates/transpile-sql.ts'

/** What is put around what leaves the process. */
export interface Around {
  control?(control: Control): Control
  database?(database: Database): Database
  storage?(storage: Storage): Storage
  channel?(channel: Channel): Channel
}

/** Real ms: what reads of pages may take with a database that was replaced, ... */
const PAGE_GRACE = 30_000
/** ... and a send with a channel that was. */
const SEND_GRACE = 90_000

/** One open database per connection, shared by its batches. */
export function openDatabases(project: () => Project, logger: Logger, around: Around) {
  const open = createRenewable<PluginInstance, Database>({
    close: (database) => database.close(),
    graceMs: PAGE_GRACE,
    onProblem: (error) => logger.log('warn', 'closing failed', { problem: messageOf(error) }),
  })
  function named(name: string, batch: Batch): Database {
    const { connections, dir } = project()
    const connection = connections.get(name)
    const definition = connection === undefined ? undefined : catalogs.databases.get(connection.kind)
    if (connection === undefined || definition === undefined)
      throw new AnomstackError('CONFIG_INVALID', `there is no database or connection "${name}"`, {
        at: { batch: batch.name, file: batch.file },
      })
    return open.get(name, connection, () => {
      const created = definition.create(connection.options, { projectDir: dir })
      return around.database?.(created) ?? created
    })
  }
  return {
    /** Where the batch's metrics table is. */
    of: (batch: Batch) => named(batch.settings.db, batch),
    /** What answers its ingest_sql. */
    sourceOf: (batch: Batch) => named(batch.settings.ingest_db ?? batch.settings.db, batch),
    use: open.use,
    close: open.close,
  }
}

/** Translates ingest queries for the databases that answer them. */
export function openTranslator(project: () => Project): JobServices['translate'] {
  const transpiler = createSqlTranspiler()
  return async ({ name: batch, file, settings }, sql, from) => {
    const kind = project().connections.get(settings.ingest_db ?? settings.db)?.kind ?? ''
    const { transpiledTo, explains = true } = catalogs.databases.get(kind) ?? {}
    if (transpiledTo === undefined)
      throw new AnomstackError(
        'CONFIG_INVALID',
        `sql_dialect: a database of kind "${kind}" is not asked in SQL`,
        {
          at: { batch, file },
        },
      )
    return { statements: await transpiler.transpile(sql, from, transpiledTo), explains }
  }
}

export function openChannels(project: () => Project, logger: Logger, around: Around) {
  const open = createRenewable<PluginInstance, Channel>({
    close: async (channel) => channel.close?.(),
    graceMs: SEND_GRACE,
    onProblem: (error) => logger.log('warn', 'closing failed', { problem: messageOf(error) }),
  })
  const warned = new Set<string>()
  return {
    get(name: string): Channel | undefined {
      const instance = project().channels.get(name)
      const definition = instance && catalogs.channels.get(instance.kind)
      if (instance?.configured !== true || definition === undefined) return undefined
      return open.get(name, instance, () => {
        const created = definition.create(instance.options, {
          fetch: globalThis.fetch,
          // Receivers compare signatures' times with their own clocks, which are never sped up.
          now: Date.now,
          write: (text) => void process.stdout.write(text),
        })
        return around.channel?.(created) ?? created
      })
    },
    configured(methods: string): readonly string[] {
      const names = [...new Set(methods.split(',').map((name) => name.trim()))].filter((name) => name !== '')
      return names.filter((name) => {
        const instance = project().channels.get(name)
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
    close: open.close,
  }
}

/** One model store per model path. */
export function openModelStores(
  project: () => Project,
  clock: Clock,
  around: Around,
): (modelPath: string) => ModelStore {
  const stores = createRenewable<PluginInstance['options'] | undefined, ModelStore>({
    close: () => Promise.resolve(),
    graceMs: 0,
    onProblem: () => {},
  })
  return (modelPath) => {
    const { dir, storages } = project()
    const [name = '', location] = modelPath.split(/:\/\/(.*)/s)
    const { kind, options } = storages.get(name) ?? {}
    return stores.get(modelPath, options, () => {
      const path = kind === undefined ? modelPath : `${kind}://${location ?? ''}`
      const storage = openStorage(path, { projectDir: dir }, options)
      return createModelStore(around.storage?.(storage) ?? storage, { now: () => clock.now() })
    })
  }
}

/** The metrics folder may come to be another, when a folder `metrics` is made. */
export function currentTemplates(project: () => Project): Templates {
  let { metricsDir } = project()
  let templates = createTemplates(metricsDir)
  return {
    render(text, variables, at) {
      const now = project().metricsDir
      if (now !== metricsDir) {
        metricsDir = now
        templates = createTemplates(now)
      }
      return templates.render(text, variables, at)
    },
  }
}
