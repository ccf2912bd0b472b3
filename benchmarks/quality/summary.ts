import { BUDGETS, type Evaluation, type SweepStep } from './evaluate.ts'
import { addEventCounts, type EventCounts, eventPrecision, eventRecall } from './events.ts'
import type { Threshold } from './judge.ts'
import { addNabCounts, NAB_PROFILE_NAMES, NAB_PROFILES, type NabProfileName, nabScore } from './nab.ts'
import { meanOf, medianOf } from './statistics.ts'

/** The score at the fixed threshold, and the best that any threshold reaches. */
export interface NabSummary {
  readonly fixed: number
  readonly best: number
  readonly bestThreshold: Threshold
}

export interface AlertSummary {
  readonly recall: number
  readonly precision: number
  readonly perWeek: number
}

/** One way of judging in numbers. */
export interface Summary {
  readonly nab: Readonly<Record<NabProfileName, NabSummary>>
  /** Means over the series that have a window. */
  readonly vusPr: number
  readonly aucPr: number
  /** At the fixed threshold. */
  readonly own: AlertSummary
  /** One for each of `BUDGETS`. */
  readonly budgets: readonly (AlertSummary & { readonly budget: number })[]
  /** Medians over the windows found at the fixed threshold. */
  readonly delay: { readonly points: number; readonly share: number; readonly found: number }
  readonly cpuMicrosPerPoint: number
}

export function summarise(evaluation: Evaluation): Summary {
  const { outcomes } = evaluation
  const weeks = outcomes.reduce((sum, outcome) => sum + outcome.weeks, 0)
  const found = outcomes.flatMap((outcome) => outcome.delays)
  const points = outcomes.reduce((sum, { judged }) => sum + judged.scores.length, 0)
  const alertSummary = (counts: readonly EventCounts[]): AlertSummary => {
    const all = addEventCounts(counts)
    return { recall: eventRecall(all), precision: eventPrecision(all), perWeek: all.alerts / weeks }
  }
  return {
    nab: byProfile((profile) => ({
      fixed: nabScore(addNabCounts(outcomes.map(({ nab }) => nab)), NAB_PROFILES[profile]),
      ...bestOf(evaluation.sweep, profile),
    })),
    vusPr: meanOf(outcomes.map((outcome) => outcome.vusPr)),
    aucPr: meanOf(outcomes.map((outcome) => outcome.averagePrecision)),
    own: alertSummary(outcomes.map(({ events }) => events)),
    budgets: BUDGETS.map((budget, k) => ({
      budget,
      ...alertSummary(outcomes.map(({ budgeted }) => budgeted[k]!)),
    })),
    delay: {
      points: medianOf(found.map((delay) => delay.points)),
      share: medianOf(found.map((delay) => delay.share)),
      found: found.length,
    },
    cpuMicrosPerPoint: (1000 * outcomes.reduce((sum, { judged }) => sum + judged.cpuMs, 0)) / points,
  }
}

/** The same for every profile. */
export function byProfile<T>(of: (profile: NabProfileName) => T): Readonly<Record<NabProfileName, T>> {
  return Object.fromEntries(NAB_PROFILE_NAMES.map((name) => [name, of(name)])) as Record<NabProfileName, T>
}

/** The threshold with the best score over some of the series, all by default; the strictest among equals. */
export function bestOf(
  sweep: readonly SweepStep[],
  profile: NabProfileName,
  among: (series: number) => boolean = () => true,
): { readonly best: number; readonly bestThreshold: Threshold } {
  let best = Number.NEGATIVE_INFINITY
  let bestThreshold: Threshold = Number.POSITIVE_INFINITY
  for (const { threshold, counts } of sweep) {
    const score = nabScore(addNabCounts(counts.filter((_, i) => among(i))), NAB_PROFILES[profile])
    if (!(score > best)) continue
    best = score
    bestThreshold = threshold
  }
  // Without a window there is no score.
  return { best: best === Number.NEGATIVE_INFINITY ? Number.NaN : best, bestThreshold }
}
