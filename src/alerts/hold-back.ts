import type { BatchSettings } from '../config/batch-settings.ts'
import { isValid, rangeFor, settingFor } from '../config/per-metric.ts'
import { type Guard, guardNames, holds, parseGuard } from '../core/guard.ts'
import type { Series } from '../core/series.ts'
import { learnStep } from '../timeseries/step.ts'
import type { Due } from './anomaly-policy.ts'

/** What the rules of a batch look at beside the point itself. */
export interface Surroundings {
  /** Values of another metric of the batch, for `only_if`. */
  readonly seriesOf?: (metric: string) => Series | undefined
  /** The calendar that mutes this time; undefined when none does. */
  readonly mutedBy?: (timestamp: number) => string | undefined
}

type Rule = (due: Due) => string | undefined

/** Rounded decimals differ in the last bits. */
const SLACK = 1e-9

/** Why an anomaly of a metric that is due must not alert, by the rules of its batch; undefined where there are no rules. */
export function holdBackRule(
  settings: BatchSettings,
  metric: string,
  { seriesOf, mutedBy }: Surroundings = {},
): Rule | undefined {
  const rules: Rule[] = []
  if (mutedBy !== undefined)
    rules.push(({ timestamp }) => {
      const calendar = mutedBy(timestamp)
      return calendar === undefined ? undefined : `the calendar "${calendar}" mutes it`
    })
  const range = rangeFor(settings.valid_range, metric)
  if (range !== undefined)
    rules.push(({ value, stretch }) =>
      [value, stretch.peak ?? value].every((each) => isValid(each, range))
        ? undefined
        : 'its value is out of the valid_range, which alerts by itself',
    )
  rules.push(...changeRules(settings, metric))
  const condition = settingFor(settings.only_if, metric)
  const guard = condition === undefined ? undefined : parseGuard(condition)
  if (guard !== undefined && seriesOf !== undefined) rules.push(guardRule(guard, metric, seriesOf))
  if (rules.length === 0) return undefined
  return (due) => {
    for (const rule of rules) {
      const why = rule(due)
      if (why !== undefined) return why
    }
    return undefined
  }
}

/** Where nothing was expected there is no change to go by: then nothing is held back. */
function changeRules(settings: BatchSettings, metric: string): Rule[] {
  const rules: Rule[] = []
  const direction = settingFor(settings.alert_direction, metric) ?? 'both'
  if (direction !== 'both')
    rules.push(({ stretch: { change } }) => {
      if (change === undefined || (direction === 'up' ? change > 0 : change < 0)) return undefined
      return `it went ${change > 0 ? 'up' : 'down'}, and alert_direction is ${direction}`
    })
  const least = settingFor(settings.min_change, metric)
  if (least !== undefined)
    rules.push(({ stretch: { change } }) =>
      change === undefined || Math.abs(change) >= least * (1 - SLACK)
        ? undefined
        : `it changed by ${shown(change)}, less than min_change ${least}`,
    )
  const percent = settingFor(settings.min_change_percent, metric)
  if (percent !== undefined)
    rules.push(({ stretch: { change, reference } }) => {
      if (change === undefined || reference === undefined) return undefined
      const part = changePercent(change, reference)
      return Math.abs(part) >= percent * (1 - SLACK)
        ? undefined
        : `it changed by ${shown(part)} %, less than min_change_percent ${percent}`
    })
  return rules
}

/** Of a reference of zero every change is without bounds. */
export function changePercent(change: number, reference: number): number {
  return change === 0 ? 0 : (100 * change) / Math.abs(reference)
}

/** An alert is not lost because the other metric is silent: without a value, nothing is held back. */
function guardRule(guard: Guard, metric: string, seriesOf: (metric: string) => Series | undefined): Rule {
  const name = guardNames(guard, metric).find((each) => (seriesOf(each)?.timestamps.length ?? 0) > 0)
  const series = name === undefined ? undefined : seriesOf(name)
  if (series === undefined) return () => undefined
  const step = learnStep(series.timestamps) ?? 0
  return ({ timestamp }) => {
    const value = valueAt(series, timestamp, step)
    return value === undefined || holds(guard, value)
      ? undefined
      : `only_if: "${name}" was ${shown(value)}, not ${guard.operator} ${guard.number}`
  }
}

/** The value at a time, or the newest before it within `step`. */
function valueAt({ timestamps, values }: Series, timestamp: number, step: number): number | undefined {
  const after = timestamps.findIndex((each) => each > timestamp)
  const index = (after < 0 ? timestamps.length : after) - 1
  return index >= 0 && timestamp - timestamps[index]! <= step ? values[index] : undefined
}

function shown(number: number): string {
  return String(Number(number.toPrecision(6)))
}
