import path from 'node:path'
import { functionLanguage, soleInclude } from '../config/function-language.ts'
import { parseDuration } from '../core/duration.ts'
import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import type { Failures } from './failures.ts'
import type { JobContext } from './job.ts'
import { hasOwnPreprocessing } from './model-spec-of.ts'
import { userCode } from './user-code.ts'

export type OwnFeaturesContext = Pick<
  JobContext,
  'batch' | 'signal' | 'projectDir' | 'metricsDir' | 'templates' | 'functions' | 'logger'
>

/** Adds what the batch's own `preprocess_fn` makes of each series, without the metrics for which it failed; the items as they are where
 * the batch has none. */
export async function ownFeatures<Item extends { readonly metric: string; readonly series: Series }>(
  context: OwnFeaturesContext,
  items: readonly Item[],
  failures: Failures,
): Promise<readonly (Item & { readonly features?: Features })[]> {
  const { batch, signal } = context
  const { settings } = batch
  if (!hasOwnPreprocessing(settings) || items.length === 0) return items
  const included = soleInclude(settings.preprocess_fn)
  const file =
    included === undefined
      ? path.resolve(context.projectDir, batch.file)
      : path.resolve(context.metricsDir, included)
  const at = { batch: batch.name, file: path.relative(context.projectDir, file) }
  const language = functionLanguage(settings.preprocess_fn)
  const failed = new Set<string>()
  const features = await context.functions.preprocess(
    userCode(context, {
      language,
      text: context.templates.render(settings.preprocess_fn, batch.variables, at),
      file,
    }),
    items.map(({ metric, series }) => ({ metric, series, params: settings.preprocess_params })),
    {
      signal,
      timeoutMs: parseDuration(settings.function_timeout) ?? 60_000,
      memoryMb: settings.function_memory_mb,
      variables: settings.function_variables,
      onOutput: (line) => context.logger.log('info', line),
      onMetricFailure(metric, error) {
        failed.add(metric)
        failures.add({ ...at, metric }, error)
      },
    },
  )
  return items
    .map((item, index) => ({ ...item, features: features[index]! }))
    .filter(({ metric }) => !failed.has(metric))
}
