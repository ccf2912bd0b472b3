import type { Finding } from '../alerts/alert.ts'
import { type Bounds, decideThresholds } from '../alerts/decide-thresholds.ts'
import { judgeable } from './cadence.ts'
import type { JobContext } from './job.ts'
import { raisedOf, raiseFindings, reconcile } from './raise.ts'

const DAY = 86_400_000

/** Compares the newest settled points of metrics that have fixed thresholds, whether or not they came in this run. */
export async function compareThresholds(context: JobContext): Promise<void> {
  const { batch, clock } = context
  const { settings } = batch
  const watched = Object.keys(settings.tholdalert_thresholds).filter(
    (metric) => !settings.tholdalert_exclude_metrics.includes(metric),
  )
  if (watched.length === 0) return
  await context.step(
    'compare thresholds',
    async () => {
      const since = clock.now() - settings.alert_metric_timestamp_max_days_ago * DAY
      const history = await context.table.history(
        {
          batch: batch.name,
          types: ['metric', 'tholdalert'],
          metrics: watched,
          since,
          maxPoints: settings.alert_max_n,
        },
        { signal: context.signal },
      )
      const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['threshold'] })
      await reconcile(context, recorded, history)
      const findings: Finding[] = []
      for (const [metric, points] of history) {
        const all = points.get('metric')
        const bounds = Object.hasOwn(settings.tholdalert_thresholds, metric)
          ? settings.tholdalert_thresholds[metric]
          : undefined
        if (all === undefined || bounds === undefined) continue
        const series = judgeable(all, settings, clock.now())
        const raised = raisedOf(metric, 'threshold', { history, recorded })
        for (const breach of decideThresholds(series, {
          bounds,
          recentN: settings.tholdalert_recent_n,
          snoozeN: settings.tholdalert_snooze_n,
          raised,
        })) {
          const value = series.values[breach.index]!
          findings.push({
            batch: batch.name,
            metric,
            kind: 'threshold',
            timestamp: series.timestamps[breach.index]!,
            value,
            reason: `The value ${value} is ${breach.side === 'upper' ? 'above the upper' : 'below the lower'} bound ${breach.bound}.`,
            details: {
              thresholds: boundsAsJson(bounds),
              threshold_type: breach.side,
              threshold_value: breach.bound,
            },
          })
        }
      }
      return raiseFindings(context, findings, settings.tholdalert_methods)
    },
    (raised) => ({ raised }),
  )
}

function boundsAsJson({ upper, lower }: Bounds): { readonly [side: string]: number } {
  return { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) }
}
