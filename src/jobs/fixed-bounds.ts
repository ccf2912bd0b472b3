import type { Bounds } from '../alerts/decide-thresholds.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { isRange, rangeFor, type ValidRange } from '../config/per-metric.ts'
import { listsMetric, ofMetric } from '../core/metric-name.ts'

/** Whether any value of the batch is compared with bounds that somebody wrote. */
export function comparesBounds(settings: BatchSettings): boolean {
  return !settings.disable_tholdalert || watchesRange(settings)
}

function watchesRange(settings: BatchSettings): boolean {
  return settings.valid_range !== null && !settings.disable_alert
}

/** The bounds of a metric's values: its thresholds and its valid range, whichever is nearer; undefined where it has none. */
export function boundsOf(settings: BatchSettings, metric: string): Bounds | undefined {
  const thresholds =
    settings.disable_tholdalert || listsMetric(new Set(settings.tholdalert_exclude_metrics), metric)
      ? undefined
      : ofMetric(settings.tholdalert_thresholds, metric)
  const range = watchedRange(settings, metric)
  if (range === undefined) return thresholds
  const upper = nearer(Math.min, thresholds?.upper, range.max)
  const lower = nearer(Math.max, thresholds?.lower, range.min)
  return { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) }
}

/** The valid range that alerts of a metric go by. */
export function watchedRange(settings: BatchSettings, metric: string): ValidRange | undefined {
  if (!watchesRange(settings) || listsMetric(new Set(settings.alert_exclude_metrics), metric))
    return undefined
  return rangeFor(settings.valid_range, metric)
}

/** Names that bounds are written for; undefined where some hold for every metric. */
export function boundedNames(settings: BatchSettings): readonly string[] | undefined {
  const { valid_range: range, tholdalert_thresholds: thresholds, disable_tholdalert: off } = settings
  const named = off ? [] : Object.keys(thresholds)
  if (range === null || !watchesRange(settings)) return named
  return isRange(range) ? undefined : [...new Set([...named, ...Object.keys(range)])]
}

function nearer(
  choose: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : choose(a, b)
}
