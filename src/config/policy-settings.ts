import { z } from 'zod'
import { perMetric } from './per-metric.ts'

const validRange = z.strictObject({
  min: z.number().optional().meta({ description: 'The least value that can be true.' }),
  max: z.number().optional().meta({ description: 'The greatest value that can be true.' }),
})

/** What becomes an alert from the score on where nobody says anything else. */
export const DEFAULT_THRESHOLD = 0.8

const batchCalendar = z.strictObject({
  use: z.string().min(1).meta({ description: 'Name of the calendar.' }),
  effect: z.enum(['mute', 'skip_training', 'as_weekday']).meta({
    description:
      'mute raises no alert while it holds; skip_training does not learn from its points; as_weekday takes its days for another weekday.',
  }),
  as: z.string().optional().meta({ description: 'With as_weekday: the weekday, such as sunday.' }),
})

/** Which anomalies become alerts, and what is learned from: keys of a batch, all off by default. Those that say so may be written by metric, as a map. */
export const policySettings = {
  alert_budget: z.string().nullable().default(null).meta({
    description:
      'How many alerts of a metric are welcome, such as 1 per week or 3 per day: in place of a threshold.',
  }),
  alert_direction: perMetric(z.enum(['both', 'up', 'down']))
    .default('both')
    .meta({ description: 'Alert only where the value went up, or down; may be a map by metric.' }),
  min_change: perMetric(z.number().min(0)).nullable().default(null).meta({
    description:
      'Alert only where the value is at least this far from what was expected; may be a map by metric.',
  }),
  min_change_percent: perMetric(z.number().min(0)).nullable().default(null).meta({
    description: 'The same in percent of what was expected; may be a map by metric.',
  }),
  valid_range: perMetric(validRange).nullable().default(null).meta({
    description:
      'min and max of values that can be true. Others alert at once, as threshold, and are not learned from; may be a map by metric.',
  }),
  only_if: perMetric(z.string().min(1)).nullable().default(null).meta({
    description:
      'Alert only while this holds of another metric of the batch, such as requests > 100; may be a map by metric.',
  }),
  alert_min_duration: z.int().min(1).default(1).meta({
    description: 'Alert from so many points in a row at or above the level on.',
  }),
  alert_recover_n: z.int().min(1).nullable().default(null).meta({
    description:
      'An anomaly is over after so many points below the level, and nothing alerts before that; alert_snooze_n when not given.',
  }),
  alert_recovery: z
    .boolean()
    .default(false)
    .meta({ description: 'Tell the channels of alert_methods when an anomaly is over.' }),
  calendars: z.array(batchCalendar).default([]).meta({
    description: 'Named calendars of anomstack.yaml, and what they do to this batch.',
  }),
  new_normal_from: perMetric(z.string().min(1)).nullable().default(null).meta({
    description:
      'A time from which on things are normal: what was before is not learned from; may be a map by metric.',
  }),
}

/** A model with a level of its own alerts at about this score. */
const USUAL_OWN_LEVEL = 0.99

/** The score to be shown as the one that alerts are raised from: exact where the batch sets one. */
export function shownThreshold({
  alert_threshold: threshold,
  model_configs: models,
}: {
  readonly alert_threshold: number | null
  readonly model_configs: readonly { readonly model_name: string }[]
}): number {
  if (threshold !== null) return threshold
  return models.length === 1 && models[0]?.model_name === 'auto' ? USUAL_OWN_LEVEL : DEFAULT_THRESHOLD
}
