import type { BatchSettings, ModelConfig } from '../config/batch-settings.ts'
import { isStockTemplate } from '../config/stock-templates.ts'
import { parseAlertBudget } from '../core/alert-budget.ts'
import type { WeekdayException } from '../core/calendar.ts'
import { isTimed } from '../models/detector-rows.ts'
import type { ModelSpec } from '../models/model-spec.ts'

/** How the metrics of a batch with these settings are judged; `exceptions` are days that its calendars take for another weekday. */
export function modelSpecOf(
  settings: BatchSettings,
  exceptions: readonly WeekdayException[] = [],
): ModelSpec {
  const { model_combination_method: combination, update } = settings
  const detectors = settings.model_configs.map((config, index) => ({
    name: config.model_name,
    tag: config.model_tag ?? `${config.model_name.toLowerCase()}_${index + 1}`,
    params: isTimed({ name: config.model_name })
      ? timedParams(config, settings, exceptions)
      : config.model_params,
  }))
  const { diff_n, smooth_n, lags_n, freq, freq_agg } = settings.preprocess_params
  return {
    detectors,
    combination,
    ...(combination === 'aom' || combination === 'moa'
      ? { buckets: settings.model_combination_buckets }
      : {}),
    preprocess: { diff_n, smooth_n, lags_n, freq, freq_agg },
    minPoints: settings.train_min_n,
    scoreRounding: settings.score_metric_rounding,
    seed: 0,
    // What was there first stands for itself: bundles that do not say it stay current.
    ...(update === 'online' || detectors.some(isTimed) ? { update: 'online' } : {}),
  }
}

const WEEK = 7 * 86_400_000

/** What such a detector is to know of the batch, where its own parameters do not say it. */
function timedParams(
  { model_params: params }: ModelConfig,
  settings: BatchSettings,
  exceptions: readonly WeekdayException[],
): ModelConfig['model_params'] {
  const rate = settings.alert_budget === null ? undefined : parseAlertBudget(settings.alert_budget)
  return {
    ...params,
    ...(exceptions.length === 0 ? {} : { weekday_exceptions: exceptions }),
    time_zone: params.time_zone ?? settings.time_zone,
    alerts_per_week: params.alerts_per_week ?? (rate === undefined ? null : rate * WEEK),
  }
}

/** Whether the batch brings its own preprocessing function. */
export function hasOwnPreprocessing(settings: BatchSettings): boolean {
  return !isStockTemplate('preprocess_fn', settings.preprocess_fn)
}
