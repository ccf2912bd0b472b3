import { Hono } from 'hono'
import { z } from 'zod'
import { ALERT_KINDS, type Alert } from '../../alerts/alert.ts'
import { alertPng } from '../../alerts/alert-picture.ts'
import { AnomstackError } from '../../core/errors.ts'
import type { ServerContext } from '../context.ts'
import { tagsOf } from '../views/metric-settings.ts'
import { type AlertBody, type AlertDetailBody, deliveryBody, type PageBody, pageBody } from './bodies.ts'
import { limitParameter, readQuery } from './query.ts'

const filter = z.strictObject({
  batch: z.string().optional(),
  metric: z.string().optional(),
  kind: z.enum(ALERT_KINDS).optional(),
  before: z.string().optional(),
  limit: limitParameter,
})

/** `/alerts`, `/alerts/:id`, its picture, and `/deliveries/:id/retry`. */
export function alertRoutes(context: ServerContext): Hono {
  const { control } = context.services
  const routes = new Hono()
  routes.get('/alerts', async (c) => {
    const { batch, metric, kind, before, limit } = readQuery(c, filter)
    const alerts = await control.alerts.list({
      limit: limit + 1,
      ...(batch === undefined ? {} : { batch }),
      ...(metric === undefined ? {} : { metric }),
      ...(kind === undefined ? {} : { kind }),
      ...(before === undefined ? {} : { before }),
    })
    const body: PageBody<AlertBody> = pageBody(alerts, limit, (alert) => alert)
    return c.json(body)
  })
  routes.get('/alerts/:id', async (c) => {
    const alert = await findAlert(context, c.req.param('id'))
    const deliveries = await control.alerts.deliveries({ alertId: alert.id, limit: 100 })
    const body: AlertDetailBody = {
      ...alert,
      deliveries: deliveries.map((delivery) => deliveryBody(delivery, context.redact)),
      tags: tagsOf(context.services.project().batches.get(alert.batch), alert.metric),
    }
    return c.json(body)
  })
  routes.get('/alerts/:id/chart.png', async (c) => {
    const alert = await findAlert(context, c.req.param('id'))
    const png = await alertPng({
      alert,
      batch: context.batch(alert.batch),
      database: context.services.database,
      signal: c.req.raw.signal,
    })
    return c.body(Uint8Array.from(png), 200, { 'content-type': 'image/png' })
  })
  routes.post('/deliveries/:id/retry', async (c) => {
    if (!(await context.services.retryDelivery(c.req.param('id'))))
      throw new AnomstackError(
        'CONFLICT',
        'there is no dead or skipped delivery of this id, so nothing to retry',
      )
    return c.json({ status: 'pending' } as const, 202)
  })
  return routes
}

/** The alert of an id; throws `NOT_FOUND`. */
export async function findAlert(context: ServerContext, id: string): Promise<Alert> {
  const alert = await context.services.control.alerts.get(id)
  if (alert === undefined) throw new AnomstackError('NOT_FOUND', 'there is no alert of this id')
  return alert
}
