import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { runBody } from '../rest/bodies.ts'
import { readQuery } from '../rest/query.ts'
import { retryRun, retryRuns } from '../rest/run-control.ts'
import { runFilter } from '../rest/run-filter.ts'
import { findRun, loadRun } from '../rest/runs.ts'
import { readForm } from './form.ts'
import { links } from './links.ts'
import type { PageContext } from './page-context.ts'
import { present } from './present.ts'
import { runPage } from './run.ts'
import { runsPage } from './runs.ts'

const day = z
  .string()
  .refine((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && Number.isFinite(Date.parse(text)), {
    error: 'write a day such as 2026-01-31',
  })
const filter = z.object({ ...runFilter.shape, from: day.optional(), to: day.optional() })
const count = z.coerce.number().int().min(0).max(1_000).optional()
const runsQuery = filter.extend({ before: z.string().optional(), queued: count, refused: count })
const runQuery = z.object({ log: z.literal('errors').optional() })
const retryForm = z.object({ resume: z.literal('1').optional() })
const bulkForm = retryForm.extend({
  id: z
    .union([z.string(), z.array(z.string())])
    .transform((ids) => [ids].flat())
    .pipe(z.array(z.string().max(100)).min(1).max(1_000)),
})

/** The pages of runs, and the forms on them. */
export function runPageRoutes(context: PageContext): Hono {
  const { orchestrator, control, clock } = context.services
  const routes = new Hono()
  /** Sent twice in a minute, a form does its work once. */
  const key = (): string => `page:${Math.floor(clock.now() / 60_000)}`

  routes.get('/runs', async (c) => {
    const { queued, refused, ...query } = readQuery(c, runsQuery)
    const notice = queued === undefined ? undefined : { queued, refused: refused ?? 0 }
    return c.html(await runsPage(present(query), notice, context))
  })
  routes.post('/runs/bulk/retry', async (c) => {
    const form = await readForm(c)
    const asked = bulkForm.safeParse(form)
    if (!asked.success) throw new AnomstackError('INPUT_INVALID', 'the form names no runs')
    const items = await retryRuns(context, asked.data.id, {
      resume: asked.data.resume === '1',
      key: key(),
    })
    const queued = items.filter(({ accepted }) => accepted).length
    const back = filter.safeParse(form)
    return c.redirect(
      links.runs({ ...(back.success ? back.data : {}), queued, refused: items.length - queued }),
      303,
    )
  })
  routes.get('/runs/:id', async (c) => {
    const { log } = readQuery(c, runQuery)
    const problemsOnly = log === 'errors'
    const run = await loadRun(context, c.req.param('id'), problemsOnly ? 'warn' : undefined)
    const parent = run.parent === undefined ? undefined : await control.runs.get(run.parent)
    return c.html(
      runPage(
        { run, problemsOnly, ...(parent === undefined ? {} : { parent: runBody(parent, context.redact) }) },
        context,
      ),
    )
  })
  routes.post('/runs/:id/retry', async (c) => {
    const form = retryForm.safeParse(await readForm(c))
    const id = await retryRun(context, c.req.param('id'), {
      resume: form.data?.resume === '1',
      key: key(),
    })
    return c.redirect(links.run(id), 303)
  })
  routes.post('/runs/:id/cancel', async (c) => {
    const { id } = await findRun(context, c.req.param('id'))
    await orchestrator.cancel(id)
    return c.redirect(links.run(id), 303)
  })
  return routes
}
