import { z } from 'zod'
import { COMBINATIONS } from '../core/combinations.ts'
import { SQL_DIALECTS } from '../templates/sql-dialects.ts'
import { modelSearch } from './model-search.ts'
import { policySettings } from './policy-settings.ts'

const count = (fallback: number, description: string) =>
  z.int().min(0).default(fallback).meta({ description })
const positive = (fallback: number, description: string) =>
  z.int().min(1).default(fallback).meta({ description })
const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).meta({ description })
const text = (description: string) => z.string().meta({ description })
const names = (description: string) => z.array(z.string()).default([]).meta({ description })
const cron = (fallback: string, description: string) => z.string().default(fallback).meta({ description })
const state = (description: string) => z.enum(['RUNNING', 'STOPPED']).default('STOPPED').meta({ description })
const template = (name: string) =>
  z
    .string()
    .default(`{% include "./defaults/sql/${name}.sql" %}`)
    .meta({ description: `SQL to use in place of the built-in ${name} query.` })
const recency = (fallback: number, description: string) =>
  z.int().min(1).default(fallback).meta({ description })

const modelConfig = z.strictObject({
  model_name: text(
    'Name of a detector, in any case; the full path of a class, such as pyod.models.lof.LOF, means PyOD in your own Python.',
  ),
  model_tag: z.string().optional().meta({ description: 'Names this model among those of the batch.' }),
  model_params: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: "The detector's parameters." }),
})

const preprocessParams = z
  .object({
    diff_n: count(1, 'Difference to the value so many points before; 0 for none.'),
    smooth_n: count(3, 'Trailing mean over so many points; 0 for none.'),
    lags_n: count(5, 'How many earlier values stand beside the newest in a row.'),
    freq: z
      .string()
      .nullable()
      .default(null)
      .meta({ description: 'Resample to this step first, such as 10min, 1h or 1D.' }),
    freq_agg: z
      .enum(['mean', 'sum'])
      .default('mean')
      .meta({ description: 'How values that fall into one step are joined.' }),
  })
  .catchall(z.unknown())

const anonymizeRule = z
  .strictObject({
    columns: z.array(z.string().min(1)).min(1).optional().meta({
      description:
        'metric_name, a dimension, metadata, or metadata.key; * stands for anything. Every text when not given.',
    }),
    pattern: z.string().min(1).optional().meta({
      description: 'A regular expression: only what it matches is hidden. The whole text when not given.',
    }),
    how: z.enum(['drop', 'hash', 'mask', 'truncate']).meta({
      description:
        'drop leaves it out, hash puts a keyed hash (HMAC-SHA-256) in its place, mask puts *** there, truncate cuts it off.',
    }),
    length: z.int().min(0).max(64).optional().meta({
      description: 'Characters of the hash (16), shown before a mask (0), or left by truncate (8).',
    }),
  })
  .refine(({ columns, pattern }) => columns !== undefined || pattern !== undefined, {
    error: 'expected columns, a pattern, or both',
  })

const thresholds = z.record(
  z.string(),
  z.strictObject({ upper: z.number().optional(), lower: z.number().optional() }),
)

/** Every key that a batch may have besides its sources, with the default and meaning of each: this schema is the reference. Names are those that users write. */
export const batchSettings = z.strictObject({
  // where
  db: z.string().default('duckdb').meta({ description: 'Kind of a database, or the name of a connection.' }),
  ingest_db: z.string().nullable().default(null).meta({
    description:
      'Kind of the database, or name of the connection, that answers ingest_sql, where it is not db.',
  }),
  table_key: z
    .string()
    .min(1)
    .default('metrics')
    .meta({ description: 'The metrics table: table, schema.table or project.schema.table.' }),
  model_path: z
    .string()
    .overwrite((path) => path.replace(/^azure:\/\//i, 'az://'))
    .default('local://./models')
    .meta({
      description:
        'Where model bundles are kept: local://folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix; or the name of an entry of storages in place of the kind.',
    }),
  gcp_project_id: text('Google Cloud project.').optional(),
  time_zone: z
    .string()
    .default('UTC')
    .meta({ description: 'IANA time zone of schedules, and of timestamps that have none.' }),
  metric_tags: z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
    .default({})
    .meta({ description: 'metric -> tag -> value; shown in alerts.' }),
  disable_batch: flag(false, 'Leave this batch out altogether.'),

  // when
  ingest_cron_schedule: cron('*/3 * * * *', 'When to ingest.'),
  ingest_default_schedule_status: state('Whether the ingest schedule runs.'),
  train_cron_schedule: cron('*/5 * * * *', 'When to train.'),
  train_default_schedule_status: state('Whether the train schedule runs.'),
  score_cron_schedule: cron('*/4 * * * *', 'When to score.'),
  score_default_schedule_status: state('Whether the score schedule runs.'),
  alert_cron_schedule: cron('*/5 * * * *', 'When to look for anomalies.'),
  alert_default_schedule_status: state('Whether the alert schedule runs.'),
  change_cron_schedule: cron('*/5 * * * *', 'When to look for changes.'),
  change_default_schedule_status: state('Whether the change schedule runs.'),
  llmalert_cron_schedule: cron('*/5 * * * *', 'When to ask a language model.'),
  llmalert_default_schedule_status: state('Whether the llmalert schedule runs.'),
  plot_cron_schedule: cron('*/5 * * * *', 'When to draw the batch.'),
  plot_default_schedule_status: state('Whether the plot schedule runs.'),
  delete_cron_schedule: cron('0 6 * * *', 'When to delete old rows.'),
  delete_default_schedule_status: state('Whether the delete schedule runs.'),
  summary_cron_schedule: cron('0 9 * * *', 'When to send the summary.'),
  pipeline_cron_schedule: z.string().nullable().default(null).meta({
    description:
      'When to run ingest, train if due, score, alert and change in order; set by the short key `schedule`.',
  }),
  pipeline_default_schedule_status: z
    .enum(['RUNNING', 'STOPPED'])
    .default('RUNNING')
    .meta({ description: 'Whether the pipeline schedule runs.' }),

  schedule_jitter: z.string().default('0s').meta({
    description: 'Ticks are put off by up to this long, by a part of it that is always the same for a batch.',
  }),
  catch_up: z.enum(['latest', 'all', 'skip']).default('latest').meta({
    description: 'Which of the ticks that were missed in a downtime fire: the latest, all of them, or none.',
  }),
  catch_up_max: positive(10, 'With `catch_up: all`, at most so many of the newest missed ticks fire.'),
  overlap: z.enum(['skip', 'queue']).default('skip').meta({
    description: 'What becomes of a tick while the run before it has not ended.',
  }),
  run_retries: z.int().min(0).default(2).meta({
    description: 'How often a run that failed for a reason that may not last is tried again.',
  }),
  run_retry_delay: z.string().default('10s').meta({
    description: 'How long after its failure a run is tried again; twice as long after each further failure.',
  }),
  fan_out_n: positive(500, 'Training and scoring of more metrics than this is split into runs of so many.'),
  fresh_within: z.string().nullable().default(null).meta({
    description: 'A metric without new data for so long raises a missing-data alert.',
  }),
  overdue_after_n: positive(
    5,
    'A batch that has not ingested, trained or delivered for so many of its periods is reported.',
  ),

  // ingest
  disable_ingest: flag(false, 'Do not ingest.'),
  ingest_metric_rounding: z
    .int()
    .min(0)
    .max(15)
    .default(4)
    .meta({ description: 'Decimals kept of a value.' }),
  sql_dialect: z.enum(SQL_DIALECTS).nullable().default(null).meta({
    description:
      'What SQL ingest_sql is written in, where it is not that of the database: it is then translated.',
  }),
  dimensions: names(
    'Columns of the ingest query beside name and value: each combination of their values is a metric of its own, name{column=value,…}.',
  ),
  dimensions_max_n: positive(
    500,
    'At most so many combinations of a metric; those with the largest values come first, and what is left out is reported.',
  ),
  anonymize: z.array(anonymizeRule).default([]).meta({
    description: 'What is hidden of names, dimensions and metadata before anything is stored or logged.',
  }),
  query_timeout: z.string().default('10m').meta({ description: 'A query is stopped after this long.' }),
  function_timeout: z.string().default('60s').meta({ description: 'A function is stopped after this long.' }),
  function_memory_mb: positive(256, 'A function is stopped when its heap grows beyond so many megabytes.'),
  python: z.string().min(1).default('python3').meta({
    description:
      'Python for functions and for detectors of PyOD: a command, or a path relative to the project, such as .venv/bin/python.',
  }),
  function_variables: names(
    'Environment variables that the functions of this batch see, beside those that begin with ANOMSTACK_FN_.',
  ),
  step: z.string().nullable().default(null).meta({
    description: 'Expected time between points, such as 5m, 1h or 1d; learned when it is not given.',
  }),
  aggregated: z.boolean().nullable().default(null).meta({
    description:
      'Whether a point stands for the period that starts at its timestamp; when not given, series on whole hours or days with a step of an hour or more do.',
  }),
  settle: z.string().default('0s').meta({
    description: 'How long after its period has ended a point may still change; it is judged only then.',
  }),
  missing: z
    .enum(['gap', 'zero', 'alert'])
    .default('gap')
    .meta({ description: 'What a missing point means: nothing, a zero, or an alert.' }),

  // train and score
  disable_train: flag(false, 'Do not train.'),
  train_max_n: positive(2500, 'Train on at most so many of the newest points.'),
  train_metric_timestamp_max_days_ago: recency(90, 'Train on points of so many days.'),
  train_min_n: positive(14, 'A metric is learning until it has so many points.'),
  train_exclude_metrics: names('Metrics that are not trained.'),
  model_configs: z
    .array(modelConfig)
    .min(1)
    .default([{ model_name: 'auto', model_tag: 'auto', model_params: {} }])
    .meta({
      description:
        'The detectors that judge each metric together; a single name is short for one with its defaults.',
    }),
  model_combination_method: z.enum(COMBINATIONS).default('mean').meta({
    description:
      "How the detectors' probabilities are joined. aom is the average of the maxima of buckets of detectors, moa the maximum of their averages; majority_vote is 1 where more than half call a point an outlier, each by its contamination, and else 0.",
  }),
  model_combination_buckets: positive(
    5,
    'With aom and moa: so many buckets, each of neighbours in model_configs; no more than there are detectors.',
  ),
  update: z.enum(['retrain', 'online']).default('retrain').meta({
    description:
      'How models stay current: retrain changes them in training alone; with online, detectors that can also learn from each point right after it was scored.',
  }),
  model_search: modelSearch.prefault({}).meta({ description: 'How training looks for better models.' }),
  preprocess_params: preprocessParams
    .prefault({})
    .meta({ description: 'How a series becomes rows for the detectors.' }),
  disable_score: flag(false, 'Do not score.'),
  score_max_n: positive(25, 'Score at most so many of the newest points of a metric in one run.'),
  score_metric_timestamp_max_days_ago: recency(14, 'Score points of so many days.'),
  score_exclude_metrics: names('Metrics that are not scored.'),
  score_metric_rounding: z.int().min(0).max(15).default(4).meta({ description: 'Decimals kept of a score.' }),

  // alert
  disable_alert: flag(false, 'Do not look for anomalies.'),
  alert_methods: z
    .string()
    .default('email,slack')
    .meta({ description: 'Channels, by name, with commas between.' }),
  alert_always: flag(false, 'Alert on the newest score of every metric in every run; for trying things out.'),
  alert_metric_timestamp_max_days_ago: recency(45, 'Look at points of so many days.'),
  alert_recent_n: positive(1, 'Only the newest so many scored points may alert.'),
  alert_max_n: positive(250, 'Points shown in the picture of an alert.'),
  alert_smooth_n: count(3, 'The score that is judged is the mean of the newest so many.'),
  alert_snooze_n: count(3, 'No new alert within so many points of the last.'),
  alert_threshold: z.number().min(0).max(1).nullable().default(null).meta({
    description:
      "Alert when the smoothed score reaches this; when not given, the model's own level or, where it has none, alert_budget or 0.8.",
  }),
  ...policySettings,
  alert_exclude_metrics: names('Metrics that never alert.'),
  disable_tholdalert: flag(true, 'Do not compare with fixed thresholds.'),
  tholdalert_methods: z
    .string()
    .default('email,slack')
    .meta({ description: 'Channels of threshold alerts.' }),
  tholdalert_recent_n: positive(1, 'Only the newest so many points of a metric are compared.'),
  tholdalert_snooze_n: count(3, 'No new threshold alert within so many points of the last.'),
  tholdalert_thresholds: thresholds.default({}).meta({ description: 'metric -> upper and lower bound.' }),
  tholdalert_exclude_metrics: names('Metrics that are not compared with thresholds.'),

  // change
  disable_change: flag(false, 'Do not look for changes.'),
  change_metric_timestamp_max_days_ago: recency(45, 'Look at points of so many days.'),
  change_max_n: positive(250, 'Look at the newest so many points.'),
  change_smooth_n: positive(1, 'Smoothing of the drawn line.'),
  change_snooze_n: count(3, 'No new change within so many points of the last.'),
  change_threshold: z
    .number()
    .positive()
    .default(3.5)
    .meta({ description: 'Modified z-score above which a point is a change.' }),
  change_detect_last_n: positive(1, 'The newest so many points are compared with those before.'),
  change_include_metrics: names('Only these metrics; all when empty.'),
  change_exclude_metrics: names('Metrics in which no change is looked for.'),

  // llmalert, plot, summary, delete, dashboard
  disable_llmalert: flag(true, 'Do not ask a language model.'),
  llmalert_model: z.string().default('gpt-5-mini').meta({ description: 'Name of the language model.' }),
  llmalert_recent_n: positive(5, 'Only the newest so many points may alert.'),
  llmalert_smooth_n: count(0, 'Smoothing before the prompt.'),
  llmalert_metric_rounding: z
    .int()
    .default(-1)
    .meta({ description: 'Decimals in the prompt; negative for all.' }),
  llmalert_metric_timestamp_max_days_ago: recency(30, 'Look at points of so many days.'),
  llmalert_prompt_max_n: positive(1000, 'Points in the prompt.'),
  llmalert_include_plot: flag(true, 'Send a picture too.'),
  llmalert_anomaly_agent_detection_prompt: z
    .string()
    .optional()
    .meta({ description: 'System prompt of detection.' }),
  llmalert_anomaly_agent_system_prompt: z
    .string()
    .optional()
    .meta({ description: 'Older name of the detection prompt.' }),
  llmalert_anomaly_agent_verification_prompt: z
    .string()
    .optional()
    .meta({ description: 'System prompt of verification.' }),
  disable_plot: flag(false, 'Do not draw the batch.'),
  disable_summary: flag(false, 'Leave the batch out of the summary.'),
  summary_metric_timestamp_max_days_ago: recency(1, 'Days that the summary covers.'),
  disable_delete: flag(false, 'Do not delete old rows.'),
  delete_after_n_days: positive(365, 'Rows older than so many days are deleted.'),
  disable_dashboard: flag(false, 'Do not show the batch.'),
  dashboard_stale_metric_max_days_ago: recency(7, 'Hide metrics without rows for so many days.'),

  // own texts in place of the built-in ones
  train_sql: template('train'),
  score_sql: template('score'),
  alert_sql: template('alerts'),
  change_sql: template('change'),
  plot_sql: template('plot'),
  llmalert_sql: template('llmalert'),
  dashboard_sql: template('dashboard'),
  delete_sql: template('delete'),
  summary_sql: template('summary'),
  preprocess_fn: z
    .string()
    .default('{% include "./defaults/python/preprocess.py" %}')
    .meta({ description: 'A function in place of the built-in preprocessing.' }),
  prompt_fn: z.string().optional().meta({ description: 'Accepted for compatibility; it has no effect.' }),
})

export type BatchSettings = z.output<typeof batchSettings>
export type AnonymizeRule = z.output<typeof anonymizeRule>
export type ModelConfig = BatchSettings['model_configs'][number]
