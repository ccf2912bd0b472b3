import type { BatchSettings } from '../config/batch-settings.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import type { Points } from '../databases/database.ts'
import type { Fit } from '../models/bundle.ts'
import { isTimed } from '../models/detector-rows.ts'
import { judgedSeries } from '../models/judged-series.ts'
import type { TrainItem } from '../models/model-pool.ts'
import { learnable } from './cadence.ts'
import type { Failures } from './failures.ts'
import type { JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { ownFeatures } from './own-features.ts'
import { trainingBasis } from './training-basis.ts'
import { trainingPoints } from './training-points.ts'
import { trainingRules } from './training-rules.ts'
import { unscored } from './unscored.ts'

const DAY = 86_400_000

/** A metric to train, and what is to be remembered of how it was fitted. */
export interface TrainingItem extends TrainItem {
  readonly fit: Pick<Fit, 'basis' | 'since'>
}

interface Wanted {
  /** Models are searched for with the anomalies that people confirmed, which they are to find; none is fitted to these. */
  readonly purpose: 'fit' | 'search'
  /** All when absent. */
  readonly metrics?: readonly string[]
}

/** From when on points are learned from, epoch ms. */
export function oldestLearned({ batch, clock }: JobContext): number {
  return clock.now() - batch.settings.train_metric_timestamp_max_days_ago * DAY
}

/** The history of metrics, without what is not to be learned from. */
export function loadTrainingItems(
  context: JobContext,
  failures: Failures,
  wanted: Wanted,
): Promise<readonly TrainingItem[]> {
  return context.step(
    wanted.purpose === 'fit' ? 'load history' : 'load history to search with',
    () => loadItems(context, failures, wanted),
    (items) => ({ metrics: items.length }),
  )
}

async function loadItems(
  context: JobContext,
  failures: Failures,
  { purpose, metrics }: Wanted,
): Promise<readonly TrainingItem[]> {
  const { batch, logger, signal } = context
  const { settings } = batch
  const now = context.clock.now()
  const since = oldestLearned(context)
  const only = metrics === undefined ? {} : { metrics }
  const history = await loadHistory(context, 'train_sql', {
    types: ['metric'],
    since,
    until: now,
    maxPoints: settings.train_max_n,
    ...only,
  })
  const scores = await context.table.history(
    {
      batch: batch.name,
      types: ['score'],
      since,
      maxPoints: settings.score_max_n,
      metadataOf: ['score'],
      ...only,
    },
    { signal },
  )
  const rulesOf = await trainingRules(context, { since, ...only })
  const basisOf = trainingBasis(context)
  const excluded = new Set(settings.train_exclude_metrics)
  const items: TrainingItem[] = []
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || listsMetric(excluded, metric)) continue
    const series = learnable(all, settings, now)
    const judged = beforeUnscored(series, scores.get(metric)?.get('score'), settings)
    const metricRules = rulesOf(metric)
    const { confirmed, feedback, ...rules } = metricRules
    const learned = trainingPoints(judged, purpose === 'fit' ? { ...rules, confirmed } : rules)
    if (purpose === 'fit')
      for (const [why, count] of Object.entries(learned.leftOut))
        logger.log('info', `metric "${metric}": ${count} points are not learned from: ${why}`)
    const isTold = feedback.confirmed + feedback.rejected > 0
    if (isTold && purpose === 'fit')
      logger.log(
        'info',
        `metric "${metric}": ${feedback.confirmed} of its alerts were confirmed, ${feedback.rejected} called false: a model that sets its own level goes by that`,
      )
    const isWhole = all.timestamps.length < settings.train_max_n
    items.push({
      metric,
      series: learned.series,
      ...(isTold ? { feedback } : {}),
      fit: { basis: basisOf(metricRules), ...(isWhole ? { since: all.timestamps[0]! } : {}) },
    })
  }
  return ownFeatures(context, items, failures)
}

/** A point is judged before it is learned from: once a metric has scores, those that are still to be scored, and what comes after them,
 * stay out of fitting, unless too few would be left. */
function beforeUnscored(series: Series, scores: Points | undefined, settings: BatchSettings): Series {
  if (scores === undefined) return beforeNewest(series, settings)
  const judged = judgedSeries(series, settings.preprocess_params)
  const [first] = unscored(judged, judged.timestamps.length, scores, settings)
  const end = first === undefined ? -1 : series.timestamps.findIndex((timestamp) => timestamp >= first)
  if (end < settings.train_min_n) return series
  return { timestamps: series.timestamps.subarray(0, end), values: series.values.subarray(0, end) }
}

/** Before its first scores, a metric whose models learn point by point keeps for those what they will be given to: a point that was learned is not strange any more. */
function beforeNewest({ timestamps, values }: Series, settings: BatchSettings): Series {
  if (!settings.model_configs.every(({ model_name: name }) => isTimed({ name })))
    return { timestamps, values }
  const end = Math.max(settings.train_min_n, timestamps.length - settings.score_max_n)
  return { timestamps: timestamps.subarray(0, end), values: values.subarray(0, end) }
}
