import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { JOB_NAMES, type Run, type RunRequest } from '../../runs/run.ts'
import type { ServerContext } from '../context.ts'
import {
  type PageBody,
  pageBody,
  type RunBody,
  type RunDetailBody,
  runBody,
  runDetailBody,
} from './bodies.ts'
import { limitParameter, readBody, readQuery } from './query.ts'

const RUN_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const
const MOST_LOGS = 1000

const filter = z.strictObject({
  batch: z.string().optional(),
  job: z.enum(JOB_NAMES).optional(),
  status: z.enum(RUN_STATUSES).optional(),
  before: z.string().optional(),
  limit: limitParameter,
})

const request = z.strictObject({
  job: z.enum(JOB_NAMES).exclude(['deliver']),
  batch: z.string().min(1),
  params: z.record(z.string(), z.json()).optional(),
})

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,200}$/)

/** `/runs`, `/runs/:id` and `/runs/:id/cancel`. */
export function runRoutes(context: ServerContext): Hono {
  const { control, orchestrator } = context.services
  const routes = new Hono()
  routes.get('/runs', async (c) => {
    const { batch, job, status, before, limit } = readQuery(c, filter)
    const runs = await control.runs.list({
      limit: limit + 1,
      ...(batch === undefined ? {} : { batch }),
      ...(job === undefined ? {} : { job }),
      ...(status === undefined ? {} : { status }),
      ...(before === undefined ? {} : { before }),
    })
    const body: PageBody<RunBody> = pageBody(runs, limit, (run) => runBody(run, context.redact))
    return c.json(body)
  })
  routes.get('/runs/:id', async (c) => {
    const body = await loadRun(context, c.req.param('id'))
    return c.json(body)
  })
  routes.post('/runs', async (c) => {
    const { job, batch, params } = await readBody(c, request)
    context.batch(batch)
    const wanted: RunRequest = {
      job,
      batch,
      trigger: 'api',
      ...(params === undefined ? {} : { params }),
    }
    const { run } = await orchestrator.enqueue(wanted, keyOf(c.req.header('idempotency-key')))
    return c.json(runBody(run, context.redact), 202, {
      location: `/api/v1/runs/${encodeURIComponent(run.id)}`,
    })
  })
  routes.post('/runs/:id/cancel', async (c) => {
    const run = await findRun(context, c.req.param('id'))
    if (!(await orchestrator.cancel(run.id)))
      throw new AnomstackError('CONFLICT', 'the run has ended already')
    return c.json(runBody((await control.runs.get(run.id)) ?? run, context.redact), 202)
  })
  return routes
}

/** A run with its steps and logs; throws `NOT_FOUND`. */
export async function loadRun(context: ServerContext, id: string): Promise<RunDetailBody> {
  const { runs } = context.services.control
  const run = await findRun(context, id)
  const [steps, logs] = await Promise.all([runs.steps(run.id), runs.logs(run.id, { limit: MOST_LOGS })])
  return runDetailBody(run, { steps, logs }, context.redact)
}

async function findRun(context: ServerContext, id: string): Promise<Run> {
  const run = await context.services.control.runs.get(id)
  if (run === undefined) throw new AnomstackError('NOT_FOUND', 'there is no run of this id')
  return run
}

function keyOf(header: string | undefined): { readonly idempotencyKey?: string } {
  if (header === undefined) return {}
  if (!idempotencyKey.safeParse(header).success)
    throw new AnomstackError(
      'INPUT_INVALID',
      'an Idempotency-Key has 1 to 200 printable ASCII characters without blanks',
    )
  // Keys of clients never meet those of schedules.
  return { idempotencyKey: `api:${header}` }
}
