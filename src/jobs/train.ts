import type { BatchSettings } from '../config/batch-settings.ts'
import { weekdayExceptions } from '../config/calendar-effects.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import type { Points } from '../databases/database.ts'
import { isTimed } from '../models/detector-rows.ts'
import { judgedSeries } from '../models/judged-series.ts'
import type { TrainItem, TrainResult } from '../models/model-pool.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import { learnable } from './cadence.ts'
import { chooseModels } from './choose-models.ts'
import { collectFailures, type Failures } from './failures.ts'
import { inParts, metricsOf, partOf, partsFor, someMetrics } from './fan-out.ts'
import type { Job, JobContext } from './job.ts'
import { keepModels } from './keep-models.ts'
import { loadHistory } from './load-history.ts'
import { modelSpecOf } from './model-spec-of.ts'
import { ownFeatures } from './own-features.ts'
import { paramsOfParts, specOfPart } from './part-spec.ts'
import { trainingPoints } from './training-points.ts'
import { trainingRules } from './training-rules.ts'
import { unscored } from './unscored.ts'
import { withPython } from './with-python.ts'

const DAY = 86_400_000

export const train: Job = {
  name: 'train',
  summary:
    'Fits the detectors of each metric to its history and publishes them as a new version of the batch’s model bundle.',
  async run(context) {
    const { batch, logger, models } = context
    const failures = collectFailures(logger, context.signal)
    const since = oldest(context)
    const part = partOf(context)
    const parts = part === undefined ? await partsFor(context, 'train_sql', since) : 1
    if (part !== undefined) {
      const spec = specOfPart(context)
      const metrics = await metricsOf(context, part, since)
      const items = await loadMetrics(context, failures, { purpose: 'fit', metrics })
      const results = await fitMetrics(context, failures, { spec, items })
      await context.step('write part', () =>
        models.writePart(batch.name, part, { spec, created: context.clock.now(), results }),
      )
    } else if (parts > 1) {
      const spec = await chooseModels(
        context,
        modelSpecOf(batch.settings, weekdayExceptions(batch)),
        async () =>
          loadMetrics(context, failures, {
            purpose: 'search',
            metrics: await someMetrics(context, batch.settings.model_search.metrics, since),
          }),
      )
      await inParts(context, { job: 'train', of: parts, failures, params: paramsOfParts(spec) })
      const written = { group: context.run.id, of: parts }
      await keepModels(context, { ...written, spec }, failures)
      await context.step(
        'publish',
        () => models.publishParts(batch.name, { ...written, spec, created: context.clock.now() }),
        (version) => ({ version: version ?? null }),
      )
    } else {
      const items = await loadMetrics(context, failures, { purpose: 'fit' })
      const spec = await chooseModels(context, modelSpecOf(batch.settings, weekdayExceptions(batch)), () =>
        loadMetrics(context, failures, { purpose: 'search' }),
      )
      const results = await fitMetrics(context, failures, { spec, items })
      if (results.some((result) => result.status === 'fitted'))
        await context.step(
          'publish',
          () => models.publish(batch.name, { spec, created: context.clock.now(), results }),
          (version) => ({ version }),
        )
    }
    failures.throwIfAny()
  },
}

function oldest({ batch, clock }: JobContext): number {
  return clock.now() - batch.settings.train_metric_timestamp_max_days_ago * DAY
}

interface Wanted {
  /** Models are searched for with the anomalies that people confirmed, which they are to find; none is fitted to these. */
  readonly purpose: 'fit' | 'search'
  /** All when absent. */
  readonly metrics?: readonly string[]
}

/** The history of metrics, without what is not to be learned from. */
function loadMetrics(context: JobContext, failures: Failures, wanted: Wanted): Promise<readonly TrainItem[]> {
  return context.step(
    wanted.purpose === 'fit' ? 'load history' : 'load history to search with',
    () => loadItems(context, failures, wanted),
    (items) => ({ metrics: items.length }),
  )
}

/** Those that fail are failures. */
async function fitMetrics(
  context: JobContext,
  failures: Failures,
  { spec, items }: { readonly spec: ModelSpec; readonly items: readonly TrainItem[] },
): Promise<readonly TrainResult[]> {
  const { batch, logger } = context
  const trained = await context.step(
    'fit',
    () => context.pool.train(withPython(spec, batch.settings), items, { signal: context.signal }),
    (results) => ({ ...countBy(results.map((result) => result.status)) }),
  )
  for (const result of trained) {
    if (result.status === 'failed') failures.add({ batch: batch.name, metric: result.metric }, result.error)
    if (result.status === 'fitted')
      for (const problem of result.problems)
        logger.log('warn', `batch "${batch.name}", metric "${result.metric}": ${problem}`)
    if (result.status === 'learning')
      logger.log('info', `metric "${result.metric}" is learning, ${result.points} of ${result.needed} points`)
  }
  return trained
}

async function loadItems(
  context: JobContext,
  failures: Failures,
  { purpose, metrics }: Wanted,
): Promise<readonly TrainItem[]> {
  const { batch, logger, signal } = context
  const { settings } = batch
  const now = context.clock.now()
  const since = oldest(context)
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
  const excluded = new Set(settings.train_exclude_metrics)
  const items: TrainItem[] = []
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || listsMetric(excluded, metric)) continue
    const series = learnable(all, settings, now)
    const judged = beforeUnscored(series, scores.get(metric)?.get('score'), settings)
    const { confirmed = [], feedback, ...rules } = rulesOf(metric)
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
    items.push({ metric, series: learned.series, ...(isTold ? { feedback } : {}) })
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

function countBy(statuses: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
