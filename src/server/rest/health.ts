import { Hono } from 'hono'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { ServerContext } from '../context.ts'

/** `/healthz` (the process answers), `/readyz` (and its control database does too) and `/version`. */
export function healthRoutes(context: ServerContext): Hono {
  const { control, version } = context.services
  const routes = new Hono()
  routes.get('/healthz', (c) => c.json({ status: 'ok' } as const))
  routes.get('/readyz', async (c) => {
    try {
      await control.runs.list({ limit: 1 })
    } catch (cause) {
      throw new AnomstackError(
        'CONTROL_FAILED',
        `the control database does not answer: ${messageOf(cause)}`,
        { cause },
      )
    }
    return c.json({ status: 'ready', batches: context.services.project().batches.size } as const)
  })
  routes.get('/version', (c) => c.json({ name: 'anomstack', version, node: process.version } as const))
  return routes
}
