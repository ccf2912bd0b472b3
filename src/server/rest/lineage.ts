import { Hono } from 'hono'
import { z } from 'zod'
import type { ServerContext } from '../context.ts'
import { createFreshCache } from '../views/fresh-cache.ts'
import { loadLineages } from '../views/lineage.ts'
import type { Lineage, LineageNode, MetricsNode, ModelNode, ScoresNode } from '../views/lineage-nodes.ts'
import type { PageBody } from './bodies.ts'
import { readQuery } from './query.ts'

/** A batch's lineage without the names of its metrics and files. */
export interface LineageSummary {
  readonly batch: string
  readonly source: LineageNode
  readonly metrics: Omit<MetricsNode, 'metrics'>
  readonly model: ModelNode
  readonly scores: ScoresNode
  readonly alerts: LineageNode & { readonly newest?: number }
  readonly channels: Lineage['channels']
}

const FRESH_MS = 10_000
const query = z.strictObject({ batch: z.string().optional() })

/** `/lineage`: of one batch in full, or of all in brief. */
export function lineageRoutes(context: ServerContext): Hono {
  const { services, redact } = context
  const summaries = createFreshCache<readonly LineageSummary[]>({
    milliseconds: FRESH_MS,
    entries: 1,
    now: () => services.clock.now(),
  })
  const routes = new Hono()
  routes.get('/lineage', async (c) => {
    const { batch } = readQuery(c, query)
    if (batch !== undefined) return c.json(await context.lineage(context.batch(batch)))
    const items = await summaries.get('all', async () =>
      (await loadLineages({ services, redact }, [...services.project().batches.values()])).map(summaryOf),
    )
    const body: PageBody<LineageSummary> = { items, next: null }
    return c.json(body)
  })
  return routes
}

function summaryOf({ batch, source, metrics, model, scores, alerts, channels }: Lineage): LineageSummary {
  const { sources: _sources, ...sourceNode } = source
  const { metrics: _metrics, ...metricsNode } = metrics
  const { newest, ...alertsNode } = alerts
  return {
    batch,
    source: sourceNode,
    metrics: metricsNode,
    model,
    scores,
    alerts: { ...alertsNode, ...(newest === undefined ? {} : { newest: newest.timestamp }) },
    channels,
  }
}
