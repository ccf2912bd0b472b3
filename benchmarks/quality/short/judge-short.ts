import type { BatchSettings } from '../../../src/config/batch-settings.ts'
import type { LabelledSeries } from '../labelled-series.ts'

/** What a model says of a series. */
export interface Judged {
  /** What the alert policy compares with its threshold, one for each point; NaN where the point was not judged. */
  readonly levels: Float64Array
  /** Indices of the points that alert, ascending. */
  readonly alerts: readonly number[]
  /** Processor time that it took. */
  readonly cpuMs: number
}

/** Judges each point by nothing but what came before it. */
export type Judge = (labelled: LabelledSeries, settings: BatchSettings) => Judged

/** A way to judge metrics that is measured. */
export interface ShortModel {
  readonly name: string
  readonly settings: BatchSettings
  /** The settings that keep to a budget of alerts, such as `1 per 4 weeks`. When not given: the same for every budget where they have a threshold, and
   * else with the budget as `alert_budget`. */
  readonly settingsFor?: (budget: string) => BatchSettings
}

/** How often people want to be alerted of a metric. */
export interface Budget {
  readonly text: string
  /** One alert in so many. */
  readonly weeks: number
}

export const BUDGETS: readonly Budget[] = [
  { text: '1 per week', weeks: 1 },
  { text: '1 per 2 weeks', weeks: 2 },
  { text: '1 per 4 weeks', weeks: 4 },
]

/** The budget at which events are looked for. */
export const EVENT_BUDGET: Budget = BUDGETS[2]!

/** The settings that a model is judged with at a budget; the same object where nothing depends on it. */
export function settingsAt({ settings, settingsFor }: ShortModel, { text }: Budget): BatchSettings {
  if (settingsFor !== undefined) return settingsFor(text)
  return settings.alert_threshold === null ? { ...settings, alert_budget: text } : settings
}
