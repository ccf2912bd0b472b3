import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { ServerContext } from '../context.ts'
import { problemOf } from '../problem.ts'
import { runBody } from './bodies.ts'
import { bulkSelection, namesRuns, selectRuns } from './bulk-selection.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import { readBody } from './query.ts'
import { findRun } from './runs.ts'

const resume = z.boolean().optional()
const retryRequest = z.strictObject({ resume })
const oneWay = { error: 'give either "ids" or "filter"' }
const bulkRetryRequest = z.strictObject({ ...bulkSelection, resume }).refine(namesRuns, oneWay)
const bulkCancelRequest = z.strictObject(bulkSelection).refine(namesRuns, oneWay)

/** What became of one run of a bulk; `run` is the run that does it again. */
export type BulkItem =
  | { readonly id: string; readonly accepted: true; readonly run?: string }
  | { readonly id: string; readonly accepted: false; readonly code: string; readonly detail: string }

export interface BulkBody {
  readonly items: readonly BulkItem[]
  readonly accepted: number
  readonly refused: number
  /** Whether the filter fits more runs than one request acts on. */
  readonly more: boolean
}

interface Retrying {
  /** What the runs had completed is not done again. */
  readonly resume?: boolean | undefined
  /** Makes each run be retried once, however often it is asked for. */
  readonly key?: string | undefined
}

/** `/runs/:id/retry`, `/runs/:id/cancel`, `/runs/bulk/retry` and `/runs/bulk/cancel`. */
export function runControlRoutes(context: ServerContext): Hono {
  const { control } = context.services
  const routes = new Hono()
  // Before those of one run, whose id is never "bulk".
  routes.post('/runs/bulk/retry', async (c) => {
    const body = await readBody(c, bulkRetryRequest)
    const key = idempotencyKeyOf(c)
    const selected = await selectRuns(context, body, { statuses: ['failed'], key: key && `retry:${key}` })
    const items = await retryRuns(context, selected.ids, { resume: body.resume, key })
    return c.json(bulkBody(items, selected.more), 202)
  })
  routes.post('/runs/bulk/cancel', async (c) => {
    const body = await readBody(c, bulkCancelRequest)
    const key = idempotencyKeyOf(c)
    const statuses = ['running', 'queued'] as const
    const selected = await selectRuns(context, body, { statuses, key: key && `cancel:${key}` })
    const items = await eachOf(context, selected.ids, (id) => cancelRun(context, id))
    return c.json(bulkBody(items, selected.more), 202)
  })
  routes.post('/runs/:id/retry', async (c) => {
    const { resume: resuming } = await readBody(c, retryRequest)
    const id = await retryRun(context, c.req.param('id'), { resume: resuming, key: idempotencyKeyOf(c) })
    const run = await findRun(context, id)
    return c.json(runBody(run, context.redact), 202, {
      location: `/api/v1/runs/${encodeURIComponent(run.id)}`,
    })
  })
  routes.post('/runs/:id/cancel', async (c) => {
    const run = await findRun(context, c.req.param('id'))
    await cancelRun(context, run.id)
    return c.json(runBody((await control.runs.get(run.id)) ?? run, context.redact), 202)
  })
  return routes
}

/** Queues a run again and returns the id of the new one. Throws `NOT_FOUND`, and `CONFLICT` while it has not ended. */
export async function retryRun(context: ServerContext, id: string, options: Retrying): Promise<string> {
  const { id: known } = await findRun(context, id)
  const retried = await context.services.orchestrator.retry(known, {
    resume: options.resume ?? false,
    ...(options.key === undefined ? {} : { idempotencyKey: `${options.key}:retry:${known}` }),
  })
  return retried.id
}

/** Queues each of these runs again, one after the other. */
export function retryRuns(
  context: ServerContext,
  ids: readonly string[],
  options: Retrying,
): Promise<readonly BulkItem[]> {
  return eachOf(context, ids, async (id) => ({ run: await retryRun(context, id, options) }))
}

async function cancelRun(context: ServerContext, id: string): Promise<Record<string, never>> {
  if (await context.services.orchestrator.cancel(id)) return {}
  await findRun(context, id)
  throw new AnomstackError('CONFLICT', 'the run has ended already')
}

/** One run that refuses does not keep the others from their turn. */
async function eachOf(
  { redact }: ServerContext,
  ids: readonly string[],
  act: (id: string) => Promise<{ readonly run?: string }>,
): Promise<readonly BulkItem[]> {
  const items: BulkItem[] = []
  for (const id of ids)
    try {
      items.push({ id, accepted: true, ...(await act(id)) })
    } catch (error) {
      const { code, detail } = problemOf(error, redact)
      items.push({ id, accepted: false, code, detail })
    }
  return items
}

function bulkBody(items: readonly BulkItem[], more: boolean): BulkBody {
  const accepted = items.filter((item) => item.accepted).length
  return { items, accepted, refused: items.length - accepted, more }
}
