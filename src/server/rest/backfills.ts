import { createHash, randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { Run, RunStatus } from '../../runs/run.ts'
import type { ServerContext } from '../context.ts'
import { type BackfillPreview, previewBackfill } from '../views/backfill-preview.ts'
import { inParallel } from '../views/in-parallel.ts'
import { type PageBody, type RunErrorBody, runBody } from './bodies.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import { readBody, readQuery, timeParameter } from './query.ts'

const MOST_BATCHES = 1_000
const AT_A_TIME = 8
/** Every batch, and some retries of each. */
const MOST_RUNS = 5_000

const range = { from: timeParameter.optional(), to: timeParameter.optional() }
/** Times as text, or as numbers as `params` of a run has them. */
const timeField = z
  .union([z.number().int().transform(String), z.string()])
  .pipe(timeParameter)
  .optional()
const request = z.strictObject({
  batches: z.array(z.string().min(1)).min(1).max(MOST_BATCHES),
  from: timeField,
  to: timeField,
})
const previewQuery = z.strictObject({ batch: z.string().optional(), ...range })

export interface BackfillBody {
  /** Names the group; every run of it has it as `parent`. */
  readonly group: string
  /** Batches whose newest run has ended. */
  readonly done: number
  readonly failed: number
  readonly total: number
  readonly items: readonly BackfillItem[]
}

export interface BackfillItem {
  readonly batch: string
  /** The newest run: a retry takes the place of what it retries. */
  readonly run: string
  readonly status: RunStatus
  /** Metrics that a running one has replayed. */
  readonly progress?: { readonly metrics: number; readonly of: number }
  readonly error?: RunErrorBody
}

/** `/backfills`, `/backfills/preview` and `/backfills/:group`. */
export function backfillRoutes(context: ServerContext): Hono {
  const { control, orchestrator } = context.services
  const routes = new Hono()
  routes.post('/backfills', async (c) => {
    const { batches, from, to } = await readBody(c, request)
    requireOrder(from, to)
    const names = [...new Set(batches)]
    for (const name of names) context.batch(name)
    const key = idempotencyKeyOf(c)
    // The same key is the same group.
    const group = `backfill-${key === undefined ? randomUUID() : createHash('sha256').update(key).digest('hex').slice(0, 32)}`
    const params = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    for (const batch of names)
      await orchestrator.enqueue(
        { job: 'backfill', batch, trigger: 'api', params, parent: group },
        { idempotencyKey: `${group}:${batch}` },
      )
    return c.json(await progressOf(group), 202, { location: `/api/v1/backfills/${group}` })
  })
  routes.get('/backfills/preview', async (c) => {
    const { from, to } = readQuery(c, previewQuery)
    requireOrder(from, to)
    const items = await previewBackfill(context, batchesOf(c), { from, to })
    const body: PageBody<BackfillPreview> = { items, next: null }
    return c.json(body)
  })
  routes.get('/backfills/:group', async (c) => c.json(await progressOf(c.req.param('group'))))

  /** Those that the query names, or all. */
  function batchesOf(c: Context) {
    const names = [...new Set(c.req.queries('batch') ?? [])].filter((name) => name !== '')
    if (names.length > 0) return names.map((name) => context.batch(name))
    return [...context.services.project().batches.values()]
  }

  async function progressOf(group: string): Promise<BackfillBody> {
    const runs = await control.runs.list({ parent: group, job: 'backfill', limit: MOST_RUNS })
    if (runs.length === 0) throw new AnomstackError('NOT_FOUND', 'there is no backfill of this id')
    const newest = new Map<string, Run>()
    for (const run of runs) if (!newest.has(run.batch ?? '')) newest.set(run.batch ?? '', run)
    const items = await inParallel([...newest.values()], AT_A_TIME, itemOf)
    return {
      group,
      done: items.filter(({ status }) => status !== 'queued' && status !== 'running').length,
      failed: items.filter(({ status }) => status === 'failed').length,
      total: items.length,
      items: items.toSorted((a, b) => (a.batch < b.batch ? -1 : 1)),
    }
  }

  async function itemOf(run: Run): Promise<BackfillItem> {
    const progress = run.status === 'running' ? await replayed(run.id) : undefined
    const { error } = runBody(run, context.redact)
    return {
      batch: run.batch ?? '',
      run: run.id,
      status: run.status,
      ...(progress === undefined ? {} : { progress }),
      ...(error === undefined ? {} : { error }),
    }
  }

  /** The job reports how far it is in its log. */
  async function replayed(runId: string): Promise<BackfillItem['progress']> {
    const records = await control.runs.logPage(runId, { limit: 20, levels: ['info'] })
    for (const { message, fields } of records)
      if (message === 'backfill' && typeof fields.metrics === 'number' && typeof fields.of === 'number')
        return { metrics: fields.metrics, of: fields.of }
    return undefined
  }

  return routes
}

function requireOrder(from: number | undefined, to: number | undefined): void {
  if (from !== undefined && to !== undefined && from >= to)
    throw new AnomstackError('INPUT_INVALID', '"from" is not before "to"; there is nothing to replay')
}
