import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { MetricType } from '../../src/core/metric-row.ts'
import type { JobName } from '../../src/runs/run.ts'
import { batchYaml } from '../jobs/series.ts'
import { writeFiles } from '../project.ts'

/** A project for all tests of a file, for those that need no more than a batch each: a program takes a second to start. */
export function sharedProject(files: Readonly<Record<string, string>> = {}) {
  const all: Record<string, string> = { ...files }
  let dir = ''
  let app: App
  let batches = 0

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'anomstack-shared-'))
    await writeFiles(dir, all)
    app = await createApp(dir, { logger: () => silentLogger })
    if (app.project.faults.length > 0) throw new Error(JSON.stringify(app.project.faults))
  })
  afterAll(async () => {
    await app.close(0)
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })

  return {
    app: () => app,
    /** Adds a batch on SQLite with this query and more keys, outside of tests; returns its name. */
    batch(sql: string, more = ''): string {
      const name = `b${batches++}`
      all[`${name}.yaml`] = batchYaml(name, more)
      all[`${name}.sql`] = sql
      return name
    },
    /** Changes the query of a batch. */
    query: (batch: string, sql: string) => writeFiles(dir, { [`${batch}.sql`]: sql }),
    /** Runs a job as if it were the time `at`. */
    async run(job: JobName, batch: string, at: number) {
      const ended = await app.orchestrator.runNow({ job, batch, trigger: 'manual', params: { at } })
      const { runs } = app.control
      const logs = await runs.logs(ended.id, { limit: 1000 })
      return { ...ended, steps: await runs.steps(ended.id), logs: logs.map(({ message }) => message) }
    },
    async points(batch: string, metric: string, type: MetricType) {
      const { settings } = app.project.batches.get(batch)!
      const table = app.database(app.project.batches.get(batch)!).metricsTable(settings.table_key)
      const points = (await table.history({ batch, types: [type] })).get(metric)?.get(type)
      return points ?? { timestamps: new Float64Array(), values: new Float64Array() }
    },
  }
}
