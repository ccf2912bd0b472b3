import type { TrainItem } from '../models/model-pool.ts'
import { judgeable } from './cadence.ts'
import { collectFailures } from './failures.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { modelSpecOf } from './model-spec-of.ts'
import { ownFeatures } from './own-features.ts'

const DAY = 86_400_000

export const train: Job = {
  name: 'train',
  summary:
    'Fits the detectors of each metric to its history and publishes them as a new version of the batch’s model bundle.',
  async run(context) {
    const { batch, logger } = context
    const failures = collectFailures(logger, context.signal)
    const items = await context.step(
      'load history',
      () => loadItems(context),
      (items) => ({ metrics: items.length }),
    )
    const spec = modelSpecOf(batch.settings)
    const trained = await context.step(
      'fit',
      () => context.pool.train(spec, items, { signal: context.signal }),
      (results) => ({ ...countBy(results.map((result) => result.status)) }),
    )
    for (const result of trained) {
      if (result.status === 'failed') failures.add({ batch: batch.name, metric: result.metric }, result.error)
      if (result.status === 'fitted')
        for (const problem of result.problems)
          logger.log('warn', `batch "${batch.name}", metric "${result.metric}": ${problem}`)
      if (result.status === 'learning')
        logger.log(
          'info',
          `metric "${result.metric}" is learning, ${result.points} of ${result.needed} points`,
        )
    }
    if (trained.some((result) => result.status === 'fitted'))
      await context.step(
        'publish',
        () => context.models.publish(batch.name, { spec, created: context.clock.now(), results: trained }),
        (version) => ({ version }),
      )
    failures.throwIfAny()
  },
}

async function loadItems(context: JobContext): Promise<readonly TrainItem[]> {
  const { settings } = context.batch
  const now = context.clock.now()
  const history = await loadHistory(context, 'train_sql', {
    types: ['metric'],
    since: now - settings.train_metric_timestamp_max_days_ago * DAY,
    until: now,
    maxPoints: settings.train_max_n,
  })
  const excluded = new Set(settings.train_exclude_metrics)
  const items: TrainItem[] = []
  for (const [metric, points] of history) {
    const series = points.get('metric')
    if (series !== undefined && !excluded.has(metric))
      items.push({ metric, series: judgeable(series, settings, now) })
  }
  return ownFeatures(context, items)
}

function countBy(statuses: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
