import path from 'node:path'
import { parseDuration } from '../core/duration.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import type { JobContext } from './job.ts'
import { hasOwnPreprocessing } from './model-spec-of.ts'

/** Adds what the batch's own `preprocess_fn` makes of each series; the items as they are where it has none. */
export async function ownFeatures<Item extends { readonly metric: string; readonly series: Series }>(
  context: JobContext,
  items: readonly Item[],
): Promise<readonly (Item & { readonly features?: Features })[]> {
  const { batch, signal } = context
  const { settings } = batch
  if (!hasOwnPreprocessing(settings) || items.length === 0) return items
  const at = { batch: batch.name, file: batch.file }
  const text = context.templates.render(settings.preprocess_fn, batch.variables, at)
  if (/^\s*def\s+preprocess\s*\(/m.test(text))
    throw new AnomstackError(
      'FUNCTION_FAILED',
      'preprocess_fn in Python is not supported; write it in TypeScript or JavaScript',
      { at },
    )
  const features = await context.functions.preprocess(
    { language: 'typescript', text, file: path.resolve(context.projectDir, batch.file) },
    items.map(({ metric, series }) => ({ metric, series, params: settings.preprocess_params })),
    {
      signal,
      timeoutMs: parseDuration(settings.function_timeout) ?? 60_000,
      memoryMb: settings.function_memory_mb,
    },
  )
  return items.map((item, index) => ({ ...item, features: features[index]! }))
}
