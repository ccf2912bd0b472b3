import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { LogLevel } from '../../core/logger.ts'
import { isProjectJob, JOB_NAMES, type JobName, type Run, type RunRequest } from '../../runs/run.ts'
import type { ServerContext } from '../context.ts'
import {
  type LogBody,
  logBody,
  type PageBody,
  pageBody,
  type RunBody,
  type RunDetailBody,
  runBody,
  runDetailBody,
} from './bodies.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import { limitParameter, readBody, readQuery } from './query.ts'
import { runListQuery, storeFilter } from './run-filter.ts'

/** From the least on. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]
const MOST_LOGS = 1_000
const MOST_CHILDREN = 1_000

const request = z
  .strictObject({
    job: z.enum(JOB_NAMES).exclude(['deliver']),
    batch: z.string().min(1).optional(),
    params: z.record(z.string(), z.json()).optional(),
  })
  .superRefine(({ job, batch }, context) => {
    const fault = batchFault(job, batch)
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['batch'], message: fault })
  })

/** `level`: records of this level and above. */
const detailQuery = z.strictObject({ level: z.enum(LOG_LEVELS).optional() })
const logQuery = detailQuery.extend({
  before: z.coerce.number().int().min(0).optional(),
  limit: limitParameter,
})

/** `/runs`, `/runs/:id` and `/runs/:id/logs`. */
export function runRoutes(context: ServerContext): Hono {
  const { control, orchestrator } = context.services
  const routes = new Hono()
  routes.get('/runs', async (c) => {
    const { limit, ...filter } = readQuery(c, runListQuery)
    const runs = await control.runs.list({ ...storeFilter(filter), limit: limit + 1 })
    const body: PageBody<RunBody> = pageBody(runs, limit, (run) => runBody(run, context.redact))
    return c.json(body)
  })
  routes.get('/runs/:id', async (c) => {
    const { level } = readQuery(c, detailQuery)
    const body = await loadRun(context, c.req.param('id'), level)
    return c.json(body)
  })
  routes.get('/runs/:id/logs', async (c) => {
    const { level, ...page } = readQuery(c, logQuery)
    const run = await findRun(context, c.req.param('id'))
    const { records, next } = await loadLogs(context, run.id, { level, ...page })
    const body: PageBody<LogBody> = { items: records, next: next === null ? null : String(next) }
    return c.json(body)
  })
  routes.post('/runs', async (c) => {
    const { job, batch, params } = await readBody(c, request)
    if (batch !== undefined) context.batch(batch)
    const wanted: RunRequest = {
      job,
      ...(batch === undefined ? {} : { batch }),
      trigger: 'api',
      ...(params === undefined ? {} : { params }),
    }
    const idempotencyKey = idempotencyKeyOf(c)
    const { run } = await orchestrator.enqueue(wanted, idempotencyKey === undefined ? {} : { idempotencyKey })
    return c.json(runBody(run, context.redact), 202, {
      location: `/api/v1/runs/${encodeURIComponent(run.id)}`,
    })
  })
  return routes
}

function batchFault(job: JobName, batch: string | undefined): string | undefined {
  if (isProjectJob(job)) return batch === undefined ? undefined : `job "${job}" is not of one batch`
  return batch === undefined ? `job "${job}" needs the name of a batch` : undefined
}

/** A run with its steps, its children, and the newest records of its log from this level up; throws `NOT_FOUND`. */
export async function loadRun(context: ServerContext, id: string, level?: LogLevel): Promise<RunDetailBody> {
  const { runs } = context.services.control
  const run = await findRun(context, id)
  const [steps, logs, children] = await Promise.all([
    runs.steps(run.id),
    loadLogs(context, run.id, { level, limit: MOST_LOGS }),
    runs.list({ parent: run.id, limit: MOST_CHILDREN }),
  ])
  return {
    ...runDetailBody(run, { steps, logs: logs.records.toReversed(), children }, context.redact),
    logsBefore: logs.next,
  }
}

/** The run of an id; throws `NOT_FOUND`. */
export async function findRun(context: ServerContext, id: string): Promise<Run> {
  const run = await context.services.control.runs.get(id)
  if (run === undefined) throw new AnomstackError('NOT_FOUND', 'there is no run of this id')
  return run
}

interface LogPage {
  readonly level: LogLevel | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** Newest first, and the cursor of what comes before. */
async function loadLogs(
  context: ServerContext,
  runId: string,
  { level, before, limit }: LogPage,
): Promise<{ readonly records: readonly LogBody[]; readonly next: number | null }> {
  const found = await context.services.control.runs.logPage(runId, {
    limit: limit + 1,
    ...(level === undefined ? {} : { levels: LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)) }),
    ...(before === undefined ? {} : { before }),
  })
  const records = found.slice(0, limit).map((record) => logBody(record, context.redact))
  return { records, next: found.length > limit ? records.at(-1)!.id : null }
}
