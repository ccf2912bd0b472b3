import type { LabelledSeries } from '../labelled-series.ts'
import { type CleanSeries, type CleanVerdict, cleanSeries, judgeClean } from './clean-series.ts'
import type { EventSeries } from './event.ts'
import { idealLevels } from './ideal-levels.ts'
import { BUDGETS, type Budget, EVENT_BUDGET, type Judged } from './judge-short.ts'
import { type EventCell, eventSeries, judgeEvents } from './measure-events.ts'
import type { Profile, Step } from './profile.ts'
import { type RankThreshold, rankThreshold } from './rank-threshold.ts'

/** Points after an alert without another, as `alert_snooze_n` has it when nobody says anything else. */
const REFRACTORY = 3

/** The simulated series of one profile. */
export interface SimulatedProfile {
  readonly profile: Profile
  readonly clean: readonly CleanSeries[]
  readonly events: readonly EventSeries[]
}

/** Alerts on clean series of a profile. */
export interface RateCell {
  readonly step: Step
  readonly profile: string
  readonly budget: string
  readonly series: number
  readonly alerts: number
  /** As many as the budget allows in the judged time. */
  readonly wanted: number
}

export interface ProfileVerdict {
  readonly events: readonly EventCell[]
  /** One for each budget. */
  readonly rates: readonly RateCell[]
}

/** So many series of a profile without an event, and so many in which one event of every kind and size is put. */
export function simulateProfile(
  profile: Profile,
  counts: { readonly clean: number; readonly events: number },
): SimulatedProfile {
  return {
    profile,
    clean: cleanSeries(profile, counts.clean),
    events: eventSeries(profile, counts.events),
  }
}

/** Judges the series of a profile. Where budgets share their settings (`sameFor` says so), clean series are judged once for all of them. */
export function measureProfile(
  { profile, clean, events }: SimulatedProfile,
  {
    judgeAt,
    sameFor,
  }: {
    readonly judgeAt: (budget: Budget) => (labelled: LabelledSeries) => Judged
    readonly sameFor: (budget: Budget) => boolean
  },
): ProfileVerdict {
  const judgeUsually = judgeAt(EVENT_BUDGET)
  const usual = judgeClean(profile, clean, ({ labelled }) => judgeUsually(labelled))
  const rates = BUDGETS.map((budget): RateCell => {
    const judge = judgeAt(budget)
    const verdict = sameFor(budget) ? usual : judgeClean(profile, clean, ({ labelled }) => judge(labelled))
    return {
      step: profile.step,
      profile: profile.name,
      budget: budget.text,
      series: clean.length,
      alerts: verdict.alerts,
      wanted: verdict.weeks / budget.weeks,
    }
  })
  const threshold = thresholdOf(usual)
  return {
    rates,
    events: judgeEvents(profile, events, { judge: ({ labelled }) => judgeUsually(labelled), threshold }),
  }
}

/** The events of a profile, judged by somebody who knows its noise. */
export function measureIdeal({ profile, clean, events }: SimulatedProfile): readonly EventCell[] {
  const verdict = judgeClean(profile, clean, (each) => ({
    levels: idealLevels(each.series.values, each),
    alerts: [],
  }))
  return judgeEvents(profile, events, {
    judge: ({ labelled, simulated }) => ({
      levels: idealLevels(labelled.series.values, simulated),
      alerts: [],
    }),
    threshold: thresholdOf(verdict),
  })
}

function thresholdOf({ levels, weeks }: CleanVerdict): RankThreshold {
  return rankThreshold({ series: levels, allowed: weeks / EVENT_BUDGET.weeks, refractory: REFRACTORY })
}
