import { type AnomalyPolicySettings, createAnomalyPolicy } from '../../alerts/anomaly-policy.ts'
import type { ScoredSeries } from '../../models/score-metric.ts'
import type { Probe, ProbedAnomaly } from '../../models/simulation/probe-series.ts'
import { ANOMALY_KINDS, type AnomalyKind } from '../../timeseries/inject-anomaly.ts'
import { policyPoint, type Verdict } from './would-alert.ts'

/** How large an anomaly of a kind must be to be found. */
export interface SmallestFound {
  readonly kind: AnomalyKind
  /** The smallest size, in robust spreads of the metric's own noise, from which on each size was found often enough; null when none was. Of a flat line, which has
   * no size, 0. */
  readonly size: number | null
  /** Share of the trials, 0..1, that were found: at that size or, when none was found often enough, at the largest. */
  readonly share: number
}

export interface FoundOptions {
  /** A size is found when so many of its trials are, 0..1. */
  readonly share: number
  /** Points before a trial that its judgement depends on. */
  readonly reach: number
  readonly policy: AnomalyPolicySettings
  /** Whether a value alerts by itself, whatever its score. */
  readonly alwaysAlerts: (value: number) => boolean
}

/** What the policy finds of the anomalies that were put in: those with an alert while they are looked at. `scored` and `verdict` are of the series as it is. */
export function smallestFound(
  { trials, scored: probed }: Probe,
  { scored, verdict }: { readonly scored: ScoredSeries; readonly verdict: Verdict },
  options: FoundOptions,
): readonly SmallestFound[] {
  const indexOf = new Map(Array.from(scored.timestamps, (timestamp, index) => [timestamp, index]))
  const isFound = (trial: ProbedAnomaly): boolean => {
    const at = indexOf.get(trial.at) ?? 0
    const policy = createAnomalyPolicy(fixedLevel(options.policy, verdict.thresholds[at]))
    for (let index = Math.max(0, at - options.reach); index < at; index++) {
      const before = policyPoint(scored, index)
      if (before !== undefined) policy.next(before)
    }
    for (let index = trial.begin; index < trial.end; index++) {
      const point = policyPoint(probed, index)
      if (point !== undefined && policy.next(point).alert) return true
      if (options.alwaysAlerts(probed.values[index]!)) return true
    }
    return false
  }
  return ANOMALY_KINDS.map((kind) => {
    const shares = sharesFound(
      trials.filter((trial) => trial.kind === kind),
      isFound,
    )
    return { kind, ...smallest(shares, options.share, kind) }
  })
}

/** The threshold of a budget changes from day to day, and hardly by one anomaly: it is that of the day. */
function fixedLevel(
  { budget, ...policy }: AnomalyPolicySettings,
  threshold: number | undefined,
): AnomalyPolicySettings {
  const fixed = budget !== undefined && threshold !== undefined && Number.isFinite(threshold)
  return fixed ? { ...policy, threshold } : policy
}

/** Share of the trials of each size that were found, sizes ascending. */
function sharesFound(
  trials: readonly ProbedAnomaly[],
  isFound: (trial: ProbedAnomaly) => boolean,
): readonly (readonly [size: number, share: number])[] {
  const sizes = [...new Set(trials.map(({ size }) => size))].sort((a, b) => a - b)
  return sizes.map((size) => {
    const ofSize = trials.filter((trial) => trial.size === size)
    return [size, ofSize.filter(isFound).length / ofSize.length]
  })
}

function smallest(
  shares: readonly (readonly [size: number, share: number])[],
  wanted: number,
  kind: AnomalyKind,
): Pick<SmallestFound, 'size' | 'share'> {
  const missed = shares.findLastIndex(([, share]) => share < wanted)
  const [size, share] = shares[missed + 1] ?? []
  if (size === undefined || share === undefined) return { size: null, share: shares.at(-1)?.[1] ?? 0 }
  return { size: kind === 'flat line' ? 0 : size, share }
}
