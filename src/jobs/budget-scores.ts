import { BUDGET_HISTORY } from '../alerts/budget-threshold.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { History, Points } from '../databases/database.ts'
import type { JobContext } from './job.ts'
import { decidesItself } from './judge-metric.ts'

/** Metrics read together, so that what is in memory stays bounded. */
const GROUP = 200

/** The scores that an alert budget goes by, group by group: of each metric whose model has no level of its own. Without a budget there are none. */
export async function* budgetScores(
  { batch, table, signal }: JobContext,
  { history, since }: { readonly history: History; readonly since: number },
): AsyncGenerator<{ readonly metrics: readonly string[]; readonly past: ReadonlyMap<string, Points> }> {
  const { settings } = batch
  const all = [...history.keys()]
  if (settings.alert_budget === null) {
    yield { metrics: all, past: new Map() }
    return
  }
  const excluded = new Set(settings.alert_exclude_metrics)
  for (let start = 0; start < all.length; start += GROUP) {
    const metrics = all.slice(start, start + GROUP)
    const asking = metrics.filter((metric) => {
      const scores = history.get(metric)?.get('score')
      return scores !== undefined && !listsMetric(excluded, metric) && !decidesItself(scores)
    })
    const found = await table.history(
      { batch: batch.name, types: ['score'], metrics: asking, since, maxPoints: BUDGET_HISTORY },
      { signal },
    )
    const past = [...found].flatMap(([metric, points]) => {
      const scores = points.get('score')
      return scores === undefined ? [] : [[metric, scores] as const]
    })
    yield { metrics, past: new Map(past) }
  }
}
