import { Hono } from 'hono'
import { z } from 'zod'
import { ALERT_KINDS } from '../../alerts/alert.ts'
import { AnomstackError } from '../../core/errors.ts'
import { JOB_NAMES, PROJECT_JOBS } from '../../runs/run.ts'
import { findAlert } from '../rest/alerts.ts'
import { readQuery } from '../rest/query.ts'
import { alertPage } from './alert.ts'
import { alertsPage } from './alerts.ts'
import { batchPage } from './batch.ts'
import { readForm } from './form.ts'
import { homePage } from './home.ts'
import { links } from './links.ts'
import type { PageContext } from './page-context.ts'
import { present } from './present.ts'
import { runPageRoutes } from './run-routes.ts'
import { schedulePageRoutes } from './schedule-routes.ts'

/** Addresses of pages may carry parameters that other programs append: unknown ones are ignored. */
const batchQuery = z.object({
  last: z.string().optional(),
  q: z.string().optional(),
  show: z.coerce.number().int().min(1).max(500).optional(),
  stale: z.literal('1').optional(),
})
const alertsQuery = z.object({
  batch: z.string().optional(),
  metric: z.string().optional(),
  kind: z.enum(ALERT_KINDS).optional(),
  before: z.string().optional(),
})
const runNowForm = z.object({ job: z.enum(JOB_NAMES).exclude(['deliver', ...PROJECT_JOBS]) })

/** Every page, and the forms on them. */
export function pageRoutes(context: PageContext): Hono {
  const { control, orchestrator } = context.services
  const routes = new Hono()
  routes.route('/', runPageRoutes(context))
  routes.route('/', schedulePageRoutes(context))
  routes.get('/', async (c) => c.html(await homePage(context)))
  routes.get('/batches/:batch', async (c) => {
    const { q, last, show, stale } = readQuery(c, batchQuery)
    const query = {
      ...(last === undefined ? {} : { last }),
      ...(q === undefined ? {} : { search: q }),
      ...(show === undefined ? {} : { show }),
      ...(stale === undefined ? {} : { stale: true }),
    }
    return c.html(await batchPage(context.batch(c.req.param('batch')), query, context))
  })
  routes.post('/batches/:batch/runs', async (c) => {
    const batch = context.batch(c.req.param('batch'))
    const form = runNowForm.safeParse(await readForm(c))
    if (!form.success) throw new AnomstackError('INPUT_INVALID', 'the form names no job that can be run')
    const { run } = await orchestrator.enqueue({ job: form.data.job, batch: batch.name, trigger: 'manual' })
    return c.redirect(links.run(run.id), 303)
  })
  routes.get('/alerts', async (c) => c.html(await alertsPage(present(readQuery(c, alertsQuery)), context)))
  routes.get('/alerts/:id', async (c) =>
    c.html(await alertPage(await findAlert(context, c.req.param('id')), context)),
  )
  routes.post('/alerts/:id/deliveries', async (c) => {
    const alert = await findAlert(context, c.req.param('id'))
    const { delivery } = await readForm(c)
    const known = await control.alerts.deliveries({ alertId: alert.id, limit: 100 })
    if (!known.some(({ id }) => id === delivery) || !(await context.services.retryDelivery(String(delivery))))
      throw new AnomstackError('CONFLICT', 'this delivery has nothing to retry')
    return c.redirect(links.alert(alert.id), 303)
  })
  return routes
}
