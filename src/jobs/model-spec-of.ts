import type { BatchSettings } from '../config/batch-settings.ts'
import { isStockTemplate } from '../config/stock-templates.ts'
import type { ModelSpec } from '../models/model-spec.ts'

/** How the metrics of a batch with these settings are judged. */
export function modelSpecOf(settings: BatchSettings): ModelSpec {
  const { model_combination_method: combination, update } = settings
  const { diff_n, smooth_n, lags_n, freq, freq_agg } = settings.preprocess_params
  return {
    detectors: settings.model_configs.map((config, index) => ({
      name: config.model_name,
      tag: config.model_tag ?? `${config.model_name.toLowerCase()}_${index + 1}`,
      params: config.model_params,
    })),
    combination,
    ...(combination === 'aom' || combination === 'moa'
      ? { buckets: settings.model_combination_buckets }
      : {}),
    preprocess: { diff_n, smooth_n, lags_n, freq, freq_agg },
    minPoints: settings.train_min_n,
    scoreRounding: settings.score_metric_rounding,
    seed: 0,
    // What was there first stands for itself: bundles that do not say it stay current.
    ...(update === 'online' ? { update } : {}),
  }
}

/** Whether the batch brings its own preprocessing function. */
export function hasOwnPreprocessing(settings: BatchSettings): boolean {
  return !isStockTemplate('preprocess_fn', settings.preprocess_fn)
}
