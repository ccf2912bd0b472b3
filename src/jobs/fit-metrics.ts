import type { TrainResult } from '../models/model-pool.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { Failures } from './failures.ts'
import type { JobContext } from './job.ts'
import type { TrainingItem } from './training-items.ts'
import { withPython } from './with-python.ts'

/** Fits a model to each metric; those that fail are failures. */
export async function fitMetrics(
  context: JobContext,
  failures: Failures,
  { spec, items }: { readonly spec: ModelSpec; readonly items: readonly TrainingItem[] },
): Promise<readonly TrainResult[]> {
  const { batch, logger } = context
  const trained = await context.step(
    'fit',
    () => fitItems(context, spec, items),
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

async function fitItems(
  { batch, pool, clock, signal }: JobContext,
  spec: ModelSpec,
  items: readonly TrainingItem[],
): Promise<readonly TrainResult[]> {
  const plain = items.map((item) => {
    const { fit: _, ...toTrain } = item
    return toTrain
  })
  const results = await pool.train(withPython(spec, batch.settings), plain, { signal })
  const at = clock.now()
  return results.map((result, index) =>
    result.status === 'fitted'
      ? { ...result, fit: { at, ...items[index]!.fit, to: result.to, count: result.count } }
      : result,
  )
}

function countBy(statuses: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
