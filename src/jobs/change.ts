import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Alert, Finding } from '../alerts/alert.ts'
import { type Change, decideChanges } from '../alerts/decide-changes.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { isStockTemplate } from '../config/stock-templates.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import { judgeable } from './cadence.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { raisedOf, raiseFindings, reconcile } from './raise.ts'
import { type Reach, widerReaches } from './reach.ts'
import { loadSeen, type Seen } from './seen.ts'

const DAY = 86_400_000

/** Points looked at beyond those that are compared with, so that some that came together are not behind at once. */
const SPARE = 50

export const change: Job = {
  name: 'change',
  summary:
    'Compares the newest values of each metric, and all that came since it last did, with those before them and raises alerts of kind change.',
  async run(context) {
    const { batch, clock } = context
    const { settings } = batch
    await context.step('prepare table', () => context.table.ensure())
    const since = clock.now() - settings.change_metric_timestamp_max_days_ago * DAY
    const watches = watchedBy(settings)
    const seen = await loadSeen(context, 'change', { since, watches })
    const findings = await context.step(
      'compare',
      async () => {
        const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['change'] })
        return compareWithin(
          context,
          { since, seen, watches, recorded },
          { points: settings.change_max_n + SPARE },
        )
      },
      (found) => ({ found: found.length }),
    )
    await context.step(
      'raise',
      () => raiseFindings(context, findings, settings.alert_methods),
      (raised) => ({ raised }),
    )
    await seen.save()
  },
}

function watchedBy(settings: BatchSettings): (metric: string) => boolean {
  const included = new Set(settings.change_include_metrics)
  const excluded = new Set(settings.change_exclude_metrics)
  return (metric) => !listsMetric(excluded, metric) && (included.size === 0 || listsMetric(included, metric))
}

interface Look {
  readonly since: number
  readonly seen: Seen
  readonly watches: (metric: string) => boolean
  readonly recorded: readonly Alert[]
}

async function compareWithin(context: JobContext, look: Look, reach: Reach): Promise<readonly Finding[]> {
  const { batch, clock, signal } = context
  const { settings } = batch
  const { since, seen, watches, recorded } = look
  const { metrics, points: asked } = reach
  const now = clock.now()
  const history = await loadHistory(context, 'change_sql', {
    types: ['metric', 'change'],
    since,
    until: now,
    maxPoints: asked,
    ...(metrics === undefined ? {} : { metrics }),
  })
  if (metrics === undefined) await reconcile(context, recorded, history)

  // What SQL of one's own returns is all that there is to compare with.
  const bounded = isStockTemplate('change_sql', settings.change_sql)
  const historyN = bounded ? settings.change_max_n - settings.change_detect_last_n : Number.POSITIVE_INFINITY
  const findings: Finding[] = []
  const behind: string[] = []
  for (const [metric, types] of history) {
    const all = types.get('metric')
    if (all === undefined || !watches(metric)) continue
    const firstNew = seen.firstNew(metric, all.timestamps)
    if (bounded && all.timestamps.length >= asked && firstNew < historyN) {
      behind.push(metric)
      continue
    }
    const series = judgeable(all, settings, now)
    const changes = decideChanges(series, {
      threshold: settings.change_threshold,
      lastN: settings.change_detect_last_n,
      firstNew,
      historyN,
      snoozeN: settings.change_snooze_n,
      raised: raisedOf(metric, 'change', { history, recorded }),
    })
    for (const found of changes) findings.push(toFinding(batch.name, metric, { series, found }))
    seen.judged(metric, series.timestamps)
    if (metrics !== undefined) {
      // Much to compare: let others have their turn.
      await nextTurn()
      signal.throwIfAborted()
    }
  }
  for (const wider of widerReaches(behind, reach))
    findings.push(...(await compareWithin(context, look, wider)))
  return findings
}

function toFinding(
  batch: string,
  metric: string,
  { series, found }: { readonly series: Series; readonly found: Change },
): Finding {
  const value = series.values[found.index]!
  return {
    batch,
    metric,
    kind: 'change',
    timestamp: series.timestamps[found.index]!,
    value,
    reason: `The value ${value} is ${found.score.toFixed(1)} times the usual spread away from the median ${found.median} of the ${found.history} points before.`,
    details: { modified_z_score: found.score, median: found.median },
  }
}
