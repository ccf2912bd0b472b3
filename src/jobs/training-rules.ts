import { calendarAt } from '../config/calendar-effects.ts'
import { rangeFor, settingFor } from '../config/per-metric.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { Feedback } from '../detectors/detector.ts'
import type { JobContext } from './job.ts'
import type { ConfirmedAnomaly, TrainingRules } from './training-points.ts'

/** What decides how a metric is fitted, beside its points. */
export interface MetricRules extends TrainingRules {
  readonly confirmed: readonly ConfirmedAnomaly[]
  readonly feedback: Feedback
}

/** What stays out of fitting, by metric: as the settings say, and the anomalies since then that people confirmed with a thumb up; and how many alerts got a thumb. */
export async function trainingRules(
  context: JobContext,
  { since, metrics }: { readonly since: number; readonly metrics?: readonly string[] },
): Promise<(metric: string) => MetricRules> {
  const { settings } = context.batch
  const skippedBy = calendarAt(context.batch, 'skip_training')
  const query = { since, ...(metrics === undefined ? {} : { metrics }) }
  const confirmed = await confirmedAnomalies(context, query)
  const rejected = await context.table.history(
    { batch: context.batch.name, types: ['thumbsdown'], ...query },
    { signal: context.signal },
  )
  return (metric) => ({
    range: rangeFor(settings.valid_range, metric),
    normalFrom: parseTimestamp(settingFor(settings.new_normal_from, metric), settings.time_zone),
    confirmed: confirmed.get(metric) ?? [],
    skippedBy,
    feedback: {
      confirmed: confirmed.get(metric)?.length ?? 0,
      rejected: rejected.get(metric)?.get('thumbsdown')?.timestamps.length ?? 0,
    },
  })
}

async function confirmedAnomalies(
  { batch, table, alerts, signal }: JobContext,
  query: { readonly since: number; readonly metrics?: readonly string[] },
): Promise<ReadonlyMap<string, readonly ConfirmedAnomaly[]>> {
  const history = await table.history({ batch: batch.name, types: ['thumbsup'], ...query }, { signal })
  const confirmed = new Map<string, readonly ConfirmedAnomaly[]>()
  if (history.size === 0) return confirmed
  const recorded = await alerts.ofBatch({ batch: batch.name, since: query.since, kinds: ['anomaly'] })
  const until = new Map(
    recorded.map(({ metric, timestamp, recoveredAt }) => [`${timestamp}:${metric}`, recoveredAt]),
  )
  for (const [metric, points] of history) {
    const timestamps = Array.from(points.get('thumbsup')?.timestamps ?? [])
    confirmed.set(
      metric,
      timestamps.map((timestamp) => ({
        timestamp,
        until: until.get(`${timestamp}:${metric}`),
        pointsBefore: Math.max(0, batch.settings.alert_smooth_n - 1) + batch.settings.alert_min_duration - 1,
      })),
    )
  }
  return confirmed
}
