import { Hono } from 'hono'
import type { Batch } from '../../config/project.ts'
import type { Json } from '../../core/json.ts'
import type { ServerContext } from '../context.ts'
import { type Problem, problemOf } from '../problem.ts'
import { redactJson } from '../redaction.ts'
import type { BatchOverview, MetricOverview } from '../views/batch-overview.ts'
import type { ScheduleTick } from '../views/batch-runs.ts'
import { type PageBody, type RunBody, runBody } from './bodies.ts'

export interface BatchBody {
  readonly name: string
  readonly file: string
  readonly db: string
  readonly table: string
  readonly schedules: readonly ScheduleTick[]
  /** The newest run of each job, newest first. */
  readonly runs: readonly RunBody[]
  /** Null when the metrics table could not be read; `problem` says why. */
  readonly data: BatchDataBody | null
  readonly problem?: Problem
}

export interface BatchDataBody {
  readonly metrics: number
  /** Metrics with too few points to be judged. */
  readonly learning: number
  /** Timestamp of the newest row, UTC epoch ms; null without rows. */
  readonly newest: number | null
  /** Alerts of the last seven days. */
  readonly alerts: number
}

export interface BatchDetailBody extends BatchBody {
  /** Every setting in effect. */
  readonly settings: { readonly [key: string]: Json }
}

/** `/batches`, `/batches/:batch` and `/batches/:batch/metrics`. */
export function batchRoutes(context: ServerContext): Hono {
  const describe = async (batch: Batch): Promise<BatchBody> => {
    const [runs, overview] = await Promise.all([
      context.runs(batch),
      context.overview(batch).then(
        (loaded) => ({ data: dataBody(loaded) }),
        (error: unknown) => ({ data: null, problem: problemOf(error, context.redact) }),
      ),
    ])
    return {
      name: batch.name,
      file: batch.file,
      db: batch.settings.db,
      table: batch.settings.table_key,
      schedules: runs.schedules,
      runs: runs.latest.map((run) => runBody(run, context.redact)),
      ...overview,
    }
  }
  const routes = new Hono()
  routes.get('/batches', async (c) => {
    const batches = [...context.services.project().batches.values()]
    const body: PageBody<BatchBody> = { items: await Promise.all(batches.map(describe)), next: null }
    return c.json(body)
  })
  routes.get('/batches/:batch', async (c) => {
    const batch = context.batch(c.req.param('batch'))
    const settings = redactJson(JSON.parse(JSON.stringify(batch.settings)) as Json, context.redact)
    const body: BatchDetailBody = {
      ...(await describe(batch)),
      settings: settings as BatchDetailBody['settings'],
    }
    return c.json(body)
  })
  routes.get('/batches/:batch/metrics', async (c) => {
    const overview = await context.overview(context.batch(c.req.param('batch')))
    const body: PageBody<MetricOverview> = { items: overview.metrics, next: null }
    return c.json(body)
  })
  return routes
}

function dataBody(overview: BatchOverview): BatchDataBody {
  return {
    metrics: overview.metrics.length,
    learning: overview.metrics.filter((metric) => metric.learning !== undefined).length,
    newest: overview.newest ?? null,
    alerts: overview.alerts.length,
  }
}
