import type { Alert, Finding } from '../alerts/alert.ts'
import { type Bounds, type Breach, decideThresholds } from '../alerts/decide-thresholds.ts'
import { isValid, type ValidRange } from '../config/per-metric.ts'
import type { Series } from '../core/series.ts'
import { metricNames } from '../databases/database.ts'
import { judgeable } from './cadence.ts'
import { boundedNames, boundsOf, watchedRange } from './fixed-bounds.ts'
import type { JobContext } from './job.ts'
import { raisedOf, raiseFindings, reconcile } from './raise.ts'
import { type Reach, widerReaches } from './reach.ts'
import { forgetSeen, loadSeen, type Seen } from './seen.ts'

const DAY = 86_400_000

/** Compares the newest settled points of metrics that have fixed thresholds or a valid range, and all that came since they were last compared, whether or not in this run. */
export async function compareThresholds(context: JobContext): Promise<void> {
  const { batch, clock } = context
  const { settings } = batch
  const watched = (await boundMetrics(context)).filter((metric) => boundsOf(settings, metric) !== undefined)
  const methods = settings.disable_tholdalert ? settings.alert_methods : settings.tholdalert_methods
  if (watched.length === 0) return forgetSeen(context, 'threshold')
  await context.step(
    'compare thresholds',
    async () => {
      const since = clock.now() - settings.alert_metric_timestamp_max_days_ago * DAY
      const looked: Look = {
        since,
        seen: await loadSeen(context, 'threshold', { since, watches: (metric) => watched.includes(metric) }),
        recorded: await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['threshold'] }),
      }
      const points = Math.max(
        settings.alert_max_n,
        settings.tholdalert_recent_n + settings.tholdalert_snooze_n,
      )
      const findings = await compareWithin(context, looked, { metrics: watched, points })
      const raised = await raiseFindings(context, findings, methods)
      await looked.seen.save()
      return raised
    },
    (raised) => ({ raised }),
  )
}

/** Metrics that may have bounds; those of a metric with dimensions hold for each of their combinations. */
async function boundMetrics({ batch, table, clock, signal }: JobContext): Promise<readonly string[]> {
  const { settings } = batch
  const named = boundedNames(settings)
  if (named !== undefined && (settings.dimensions.length === 0 || named.length === 0)) return named
  const since = clock.now() - settings.alert_metric_timestamp_max_days_ago * DAY
  return metricNames(table, { batch: batch.name, since }, { signal })
}

interface Look {
  readonly since: number
  readonly seen: Seen
  readonly recorded: readonly Alert[]
}

async function compareWithin(
  context: JobContext,
  look: Look,
  reach: Reach & { readonly metrics: readonly string[] },
): Promise<readonly Finding[]> {
  const { batch, clock, signal } = context
  const { settings } = batch
  const { seen, recorded, since } = look
  const { metrics, points } = reach
  const history = await context.table.history(
    { batch: batch.name, types: ['metric', 'tholdalert'], metrics, since, maxPoints: points },
    { signal },
  )
  await reconcile(
    context,
    recorded.filter(({ metric }) => metrics.includes(metric)),
    history,
  )
  const findings: Finding[] = []
  const behind: string[] = []
  for (const [metric, types] of history) {
    const all = types.get('metric')
    const bounds = boundsOf(settings, metric)
    if (all === undefined || bounds === undefined) continue
    const firstNew = seen.firstNew(metric, all.timestamps)
    if (all.timestamps.length >= points && firstNew < settings.tholdalert_snooze_n) {
      behind.push(metric)
      continue
    }
    const series = judgeable(all, settings, clock.now())
    for (const breach of decideThresholds(series, {
      bounds,
      recentN: settings.tholdalert_recent_n,
      firstNew,
      snoozeN: settings.tholdalert_snooze_n,
      raised: raisedOf(metric, 'threshold', { history, recorded }),
    }))
      findings.push(
        toFinding(
          { batch: batch.name, metric, series, bounds, range: watchedRange(settings, metric) },
          breach,
        ),
      )
    seen.judged(metric, series.timestamps)
  }
  for (const { metrics: group = [], points: wider } of widerReaches(behind, reach))
    findings.push(...(await compareWithin(context, look, { metrics: group, points: wider })))
  return findings
}

function toFinding(
  of: {
    readonly batch: string
    readonly metric: string
    readonly series: Series
    readonly bounds: Bounds
    readonly range: ValidRange | undefined
  },
  breach: Breach,
): Finding {
  const value = of.series.values[breach.index]!
  const invalid = of.range !== undefined && !isValid(value, of.range)
  const where = breach.side === 'upper' ? 'above the upper' : 'below the lower'
  return {
    batch: of.batch,
    metric: of.metric,
    kind: 'threshold',
    timestamp: of.series.timestamps[breach.index]!,
    value,
    reason: `The value ${value} is ${where} bound ${breach.bound}${invalid ? ' of what can be true' : ''}.`,
    details: {
      thresholds: boundsAsJson(of.bounds),
      threshold_type: breach.side,
      threshold_value: breach.bound,
      ...(invalid ? { valid_range: { ...of.range } as { [bound: string]: number } } : {}),
    },
  }
}

function boundsAsJson({ upper, lower }: Bounds): { readonly [side: string]: number } {
  return { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) }
}
