import { Hono } from 'hono'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { ServerServices } from '../services.ts'
import { withDeadline } from '../views/deadline.ts'

const PATIENCE_MS = 3_000

/** `/healthz` (the process answers), `/readyz` (and its control database does too) and `/version`. */
export function healthRoutes({ control, version, project }: ServerServices): Hono {
  const routes = new Hono()
  routes.get('/healthz', (c) => c.json({ status: 'ok' } as const))
  routes.get('/readyz', async (c) => {
    try {
      await withDeadline(control.runs.list({ limit: 1 }), PATIENCE_MS, 'reading it')
    } catch (cause) {
      throw new AnomstackError(
        'CONTROL_FAILED',
        `the control database does not answer: ${messageOf(cause)}`,
        { cause },
      )
    }
    return c.json({ status: 'ready', batches: project().batches.size } as const)
  })
  routes.get('/version', (c) => c.json({ name: 'anomstack', version, node: process.version } as const))
  return routes
}
