import { type BatchSettings, batchSettings } from '../../src/config/batch-settings.ts'

/** How the Python project of the same name judges a metric when nothing is configured; everything that matters is said here, whatever our own defaults are. */
export const originalDefault: BatchSettings = batchSettings.parse({
  model_configs: [
    { model_name: 'PCA', model_tag: 'pca_default', model_params: { contamination: 0.01 } },
    { model_name: 'KNN', model_tag: 'knn_default', model_params: { contamination: 0.01 } },
  ],
  model_combination_method: 'mean',
  update: 'retrain',
  preprocess_params: { diff_n: 1, smooth_n: 3, lags_n: 5, freq: null, freq_agg: 'mean' },
  train_max_n: 2500,
  train_metric_timestamp_max_days_ago: 90,
  train_min_n: 14,
  score_metric_rounding: 4,
  alert_threshold: 0.8,
  alert_smooth_n: 3,
  alert_snooze_n: 3,
})

/**
 * The same as that project's own program alerts: of the point that is judged it smooths over newer ones, and it looks for earlier alerts among newer
 * ones. There are none, so neither has an effect and every score at the threshold alerts.
 */
export const originalAsItRuns: BatchSettings = { ...originalDefault, alert_smooth_n: 0, alert_snooze_n: 0 }
