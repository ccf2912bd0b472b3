import type { BatchSettings } from '../../src/config/batch-settings.ts'
import { alertsWithin, budgetOf, weeksOf } from './alert-budget.ts'
import { averagePrecision } from './average-precision.ts'
import { bufferLength } from './buffer-length.ts'
import { type Delay, delays, type EventCounts, eventCounts } from './events.ts'
import { type Judged, judgeSeries, type Threshold } from './judge.ts'
import type { LabelledSeries } from './labelled-series.ts'
import { type NabCounts, nabCounts } from './nab.ts'
import { thresholdGrid } from './threshold-grid.ts'
import { vusPr } from './vus-pr.ts'
import { labelsOf, type PointWindow, pointWindows } from './windows.ts'

/** Alerts a week that people are ready to read. */
export const BUDGETS = [1, 3, 10] as const

const THRESHOLDS = 60

/** How one way of judging did on one series. */
export interface Outcome {
  readonly labelled: LabelledSeries
  readonly windows: readonly PointWindow[]
  readonly judged: Judged
  /** Of the fixed threshold. */
  readonly alerts: readonly number[]
  readonly nab: NabCounts
  readonly events: EventCounts
  readonly delays: readonly Delay[]
  /** One for each of `BUDGETS`. */
  readonly budgeted: readonly EventCounts[]
  readonly averagePrecision: number
  readonly vusPr: number
  readonly weeks: number
}

/** What every series gives at one threshold that is the same for all of them. */
export interface SweepStep {
  readonly threshold: Threshold
  /** Parallel to the outcomes. */
  readonly counts: readonly NabCounts[]
}

/** How one way of judging did on all series. */
export interface Evaluation {
  readonly name: string
  readonly drawn: boolean
  /** The fixed threshold. */
  readonly threshold: Threshold
  readonly outcomes: readonly Outcome[]
  /** Thresholds from the strictest on: one that nothing reaches, the fixed one, and a grid over all levels. */
  readonly sweep: readonly SweepStep[]
}

export interface Contender {
  readonly name: string
  readonly settings: BatchSettings
  /** Whether the report has pictures of it. */
  readonly drawn: boolean
}

/** Judges all series one way and holds what it says against their labels; `progress` is told of each series once it is done. */
export function evaluate(
  all: readonly LabelledSeries[],
  { name, settings, drawn }: Contender,
  progress: (outcome: Outcome) => void,
): Evaluation {
  const outcomes = all.map((labelled) => {
    const outcome = outcomeOf(labelled, settings)
    progress(outcome)
    return outcome
  })
  const threshold = outcomes[0]?.judged.threshold ?? null
  const grid = thresholdGrid(
    outcomes.map(({ judged }) => judged),
    THRESHOLDS,
  )
  const height = (at: Threshold) => at ?? Number.NEGATIVE_INFINITY
  const thresholds = [...new Set<Threshold>([Number.POSITIVE_INFINITY, threshold, ...grid])].sort(
    (a, b) => height(b) - height(a),
  )
  const sweep = thresholds.map((at) => ({
    threshold: at,
    counts: outcomes.map(({ judged, windows }) =>
      nabCounts(judged.alertsAt(at), { points: judged.scores.length, windows }),
    ),
  }))
  return { name, drawn, threshold, outcomes, sweep }
}

function outcomeOf(labelled: LabelledSeries, settings: BatchSettings): Outcome {
  const { timestamps, values } = labelled.series
  const judged = judgeSeries(labelled, settings)
  const windows = pointWindows(labelled.series, labelled.windows)
  const labels = labelsOf(timestamps.length, windows)
  const alerts = judged.alertsAt(judged.threshold)
  const weeks = weeksOf(timestamps)
  const budgets = BUDGETS.map((perWeek) => budgetOf(perWeek, weeks))
  return {
    labelled,
    windows,
    judged,
    alerts,
    nab: nabCounts(alerts, { points: timestamps.length, windows }),
    events: eventCounts(alerts, windows),
    delays: delays(alerts, windows),
    budgeted: alertsWithin(budgets, judged).map((chosen) => eventCounts(chosen, windows)),
    averagePrecision: averagePrecision(judged.scores, labels),
    vusPr: vusPr(judged.scores, labels, bufferLength(values)),
    weeks,
  }
}
