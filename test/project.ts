import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { type App, createApp } from '../src/app.ts'
import { type Logger, silentLogger } from '../src/core/logger.ts'
import type { MetricType } from '../src/core/metric-row.ts'
import type { Points } from '../src/databases/database.ts'
import type { JobName, Run, RunTrigger, Step } from '../src/runs/run.ts'
import { writeFiles } from './write-files.ts'

export { writeFiles }

const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A project folder with these files, gone after the test. */
export async function createProject(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'anomstack-project-'))
  cleanups.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  await writeFiles(dir, files)
  return dir
}

/** The program on a project, all parts real; closed after the test. */
export async function openApp(dir: string, log: Logger['log'] = silentLogger.log): Promise<ProjectApp> {
  const app = await createApp(dir, { logger: () => ({ log }) })
  cleanups.push(() => app.close(0))
  return {
    app,
    async run(job, batch, at, trigger = 'manual') {
      const ended = await app.orchestrator.runNow({ job, batch, trigger, params: { at } })
      return {
        ...ended,
        steps: await app.control.runs.steps(ended.id),
        logs: (await app.control.runs.logs(ended.id, { limit: 1000 })).map(({ message }) => message),
      }
    },
    async points(batch, metric, type) {
      const found = app.project.batches.get(batch)
      if (found === undefined) throw new Error(`no batch ${batch}: ${JSON.stringify(app.project.faults)}`)
      const table = app.database(found).metricsTable(found.settings.table_key)
      const history = await table.history({ batch, types: [type], metadataOf: [type] })
      return (
        history.get(metric)?.get(type) ?? {
          timestamps: new Float64Array(),
          values: new Float64Array(),
          metadata: [],
        }
      )
    },
  }
}

export interface ProjectApp {
  readonly app: App
  /** Runs a job as if it were the time `at`. */
  run(
    job: JobName,
    batch: string,
    at: number,
    trigger?: RunTrigger,
  ): Promise<Run & { readonly steps: readonly Step[]; readonly logs: readonly string[] }>
  points(batch: string, metric: string, type: MetricType): Promise<Points>
}
