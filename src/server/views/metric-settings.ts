import type { Batch } from '../../config/project.ts'
import { ofMetric } from '../../core/metric-name.ts'

/** The fixed bounds of a metric's value; empty where the batch sets none or does not compare. */
export function thresholdsOf(
  batch: Batch,
  metric: string,
): { readonly lower?: number; readonly upper?: number } {
  const { disable_tholdalert: off, tholdalert_thresholds: all } = batch.settings
  const bounds = off ? undefined : ofMetric(all, metric)
  return {
    ...(bounds?.lower === undefined ? {} : { lower: bounds.lower }),
    ...(bounds?.upper === undefined ? {} : { upper: bounds.upper }),
  }
}

/** The tags that the batch gives a metric. */
export function tagsOf(
  batch: Batch | undefined,
  metric: string,
): { readonly [tag: string]: string | number | boolean } {
  const all = batch?.settings.metric_tags ?? {}
  return ofMetric(all, metric) ?? {}
}
