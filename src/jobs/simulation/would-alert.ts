import {
  type AnomalyPolicySettings,
  createAnomalyPolicy,
  type PolicyPoint,
} from '../../alerts/anomaly-policy.ts'
import type { ScoredSeries } from '../../models/score-metric.ts'
import { verdictAt } from '../score-rows.ts'

/** What a policy makes of scored points, in columns as long as theirs. */
export interface Verdict {
  /** 1 where it alerts. */
  readonly alerts: Uint8Array
  /** 1 where the level is reached, whether it alerts or not. */
  readonly exceeds: Uint8Array
  /** What the smoothed score was compared with; NaN where the model decided, or nothing did. */
  readonly thresholds: Float64Array
}

/** Decides each point when it comes, as a backfill does. Points without a score pass unseen. */
export function wouldAlert(scored: ScoredSeries, settings: AnomalyPolicySettings): Verdict {
  const count = scored.timestamps.length
  const policy = createAnomalyPolicy(settings)
  const alerts = new Uint8Array(count)
  const exceeds = new Uint8Array(count)
  const thresholds = new Float64Array(count).fill(Number.NaN)
  for (let index = 0; index < count; index++) {
    const point = policyPoint(scored, index)
    if (point === undefined) continue
    const judgement = policy.next(point)
    alerts[index] = Number(judgement.alert)
    exceeds[index] = Number(judgement.exceeds)
    thresholds[index] = judgement.threshold ?? Number.NaN
  }
  return { alerts, exceeds, thresholds }
}

/** A scored point as a policy sees it; undefined for one without a score. */
export function policyPoint(scored: ScoredSeries, index: number): PolicyPoint | undefined {
  const score = scored.scores[index]!
  if (!Number.isFinite(score)) return undefined
  const expected = scored.expected[index]!
  return {
    score,
    timestamp: scored.timestamps[index]!,
    value: scored.values[index]!,
    expected: Number.isFinite(expected) ? expected : null,
    ...verdictAt(scored, index),
  }
}
