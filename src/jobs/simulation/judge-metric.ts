import type { AnomalyPolicySettings } from '../../alerts/anomaly-policy.ts'
import type { Surroundings } from '../../alerts/hold-back.ts'
import { policyOf } from '../../alerts/policy-of.ts'
import type { BatchSettings } from '../../config/batch-settings.ts'
import type { Batch } from '../../config/project.ts'
import { listsMetric } from '../../core/metric-name.ts'
import type { ReplayResult } from '../../models/model-pool.ts'
import { firstNotBefore } from '../../models/positions.ts'
import type { ScoredSeries } from '../../models/score-metric.ts'
import type { Judged, Outcome } from './simulation.ts'
import { type Verdict, wouldAlert } from './would-alert.ts'

const WEEK = 7 * 86_400_000

/** A metric that was judged, with what anomalies are put into it by. */
export interface JudgedMetric {
  readonly outcome: Judged
  readonly scored: ScoredSeries
  readonly verdict: Verdict
  readonly policy: AnomalyPolicySettings
  /** First row of `scored` that is looked at. */
  readonly begin: number
}

/** What the alert policy of a batch makes of the scores of a metric, from a time on. */
export function judgeMetric(
  {
    context: { batch },
    surroundings,
  }: { readonly context: { readonly batch: Batch }; readonly surroundings: Surroundings },
  result: ReplayResult,
  { from }: { readonly from: number },
): JudgedMetric | Outcome {
  if (result.status === 'failed') return { status: 'failed', problem: result.error.problem }
  const { metric, scored, trained } = result
  const { timestamps, scores } = scored
  const begin = firstNotBefore(timestamps, from)
  const counted = Array.from(timestamps.keys()).filter((row) => row >= begin && Number.isFinite(scores[row]))
  const [first, last] = [counted[0], counted.at(-1)]
  if (first === undefined || last === undefined) {
    if (trained.status === 'learning')
      return { status: 'learning', points: trained.points, needed: trained.needed }
    if (trained.status === 'failed') return { status: 'failed', problem: trained.error.problem }
    return { status: 'left out', why: 'has no points that could be judged in this time' }
  }
  const policy = policyOf(batch.settings, metric, surroundings)
  const verdict = wouldAlert(scored, policy)
  const silencedBy = silencer(batch.settings, metric)
  const alerts =
    silencedBy === undefined
      ? counted.filter((row) => verdict.alerts[row] === 1).map((row) => timestamps[row]!)
      : []
  const outcome: Judged = {
    status: 'judged',
    points: counted.length,
    first: timestamps[first]!,
    last: timestamps[last]!,
    alerts,
    perWeek: perWeek(alerts.length, {
      points: counted.length,
      span: timestamps[last]! - timestamps[first]!,
    }),
    ...(silencedBy === undefined ? {} : { silencedBy }),
  }
  return { outcome, scored, verdict, policy, begin }
}

/** The last point stands for as much time as those before. */
function perWeek(
  alerts: number,
  { points, span }: { readonly points: number; readonly span: number },
): number | null {
  if (points < 2 || span <= 0) return null
  return (alerts * WEEK) / ((span * points) / (points - 1))
}

/** The setting because of which a metric never alerts. */
function silencer(settings: BatchSettings, metric: string): string | undefined {
  if (settings.disable_alert) return 'disable_alert'
  if (settings.disable_score) return 'disable_score'
  const lists = ['alert_exclude_metrics', 'score_exclude_metrics'] as const
  return lists.find((key) => listsMetric(new Set(settings[key]), metric))
}
