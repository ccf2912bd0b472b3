import { z } from 'zod'
import { batchSettings } from './batch-settings.ts'

/** What a batch is called and where its rows come from. */
export const sourceKeys = z.strictObject({
  metric_batch: z
    .string()
    .min(1)
    .max(200)
    .refine((name) => name === name.trim() && !/\p{Cc}/u.test(name), {
      error: 'expected a name without line breaks, control characters or spaces around it',
    })
    .meta({ description: 'Name of the batch, unlike that of any other.' }),
  ingest_sql: z.string().min(1).optional().meta({
    description: 'Query that returns metric_timestamp, metric_name and metric_value; a Jinja template.',
  }),
  ingest_fn: z.string().min(1).optional().meta({
    description:
      'A module with a function `ingest()` that returns such rows, or an include of its file; a Jinja template.',
  }),
  ingest_fn_language: z.enum(['javascript', 'typescript', 'python']).optional().meta({
    description:
      'Language of ingest_fn; told by the ending of the included file, or by its text, when not given.',
  }),
  metrics: z.array(z.string().min(1)).min(1).optional().meta({
    description:
      'Names of metrics; each is a file beside the batch file: name.sql, .ts, .js, .mts, .mjs or .py.',
  }),
  params: z.record(z.string(), z.unknown()).optional().meta({
    description: 'Values of your own, for templates: {{ params.name }}.',
  }),
})

/** Shorter or older ways to write settings; each stands for a key of `batchSettings`. */
export const shortKeys = z.strictObject({
  data_source: z.string().optional().meta({ description: 'Short for db.' }),
  schedule: z
    .string()
    .optional()
    .meta({ description: 'When to run ingest, train, score, alert and change in order; a cron expression.' }),
  ml_algorithm: z.string().optional().meta({ description: 'Short for model_configs with one detector.' }),
  anomaly_threshold: z.number().min(0).max(1).optional().meta({ description: 'Short for alert_threshold.' }),
  alerts: z
    .record(
      z.string().regex(/^.+_enabled$/, {
        error: 'expected a channel with _enabled behind it, such as slack_enabled',
      }),
      z.boolean(),
    )
    .optional()
    .meta({
      description:
        'Short for alert_methods: email_enabled, slack_enabled and so on, true for each channel that is wanted.',
    }),
  disable_alerts: z.boolean().optional().meta({ description: 'The same as disable_alert.' }),
})

/** Every key that a batch file may have, apart from variables of the user's own. */
export const batchFile = z.strictObject({ ...sourceKeys.shape, ...shortKeys.shape, ...batchSettings.shape })

export const SETTING_KEYS: ReadonlySet<string> = new Set(Object.keys(batchSettings.shape))
export const SOURCE_KEYS: ReadonlySet<string> = new Set(Object.keys(sourceKeys.shape))
export const BATCH_KEYS: ReadonlySet<string> = new Set(Object.keys(batchFile.shape))
