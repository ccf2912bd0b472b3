import type { BatchSettings } from '../config/batch-settings.ts'
import { parseAlertBudget } from '../core/alert-budget.ts'
import type { Json } from '../core/json.ts'
import type { AnomalyPolicySettings, Judgement, PolicyPoint } from './anomaly-policy.ts'
import { changePercent, holdBackRule, type Surroundings } from './hold-back.ts'

/** The alert policy of a metric, as the settings of its batch say. */
export function policyOf(
  settings: BatchSettings,
  metric: string,
  surroundings?: Surroundings,
): AnomalyPolicySettings {
  const { alert_threshold: threshold, alert_budget: budget, alert_recover_n: recoverN } = settings
  const holdsBack = holdBackRule(settings, metric, surroundings)
  const rate = budget === null ? undefined : parseAlertBudget(budget)
  return {
    threshold,
    smoothN: settings.alert_smooth_n,
    snoozeN: settings.alert_snooze_n,
    minDuration: settings.alert_min_duration,
    ...(recoverN === null ? {} : { recoverN }),
    ...(rate === undefined || threshold !== null ? {} : { budget: rate }),
    ...(holdsBack === undefined ? {} : { holdsBack }),
  }
}

/** How many points before a point its judgement may depend on, apart from the budget's. */
export function policyReach(settings: BatchSettings): number {
  return (
    settings.alert_smooth_n +
    Math.max(settings.alert_snooze_n, settings.alert_recover_n ?? 0) +
    settings.alert_min_duration -
    1
  )
}

/** What an alert keeps of how it was decided: what the score was compared with, and how far the value went where the policy looks at that. */
export function judgementDetails(
  settings: BatchSettings,
  { threshold, stretch }: Judgement,
  { strangeness, level }: Omit<PolicyPoint, 'score'>,
): { readonly [key: string]: Json } {
  const { change, reference, began } = stretch ?? {}
  const changes =
    settings.alert_direction !== 'both' ||
    settings.min_change !== null ||
    settings.min_change_percent !== null
  return {
    ...(threshold === undefined
      ? { strangeness: strangeness ?? null, level: level ?? null }
      : { threshold: Math.round(threshold * 1e6) / 1e6 }),
    ...(settings.alert_budget === null ? {} : { alert_budget: settings.alert_budget }),
    ...(changes && change !== undefined && reference !== undefined
      ? { change, change_percent: reference === 0 ? null : changePercent(change, reference) }
      : {}),
    ...(settings.alert_min_duration > 1 && began !== undefined
      ? { began: new Date(began).toISOString() }
      : {}),
  }
}
