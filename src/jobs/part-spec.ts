import { z } from 'zod'
import { weekdayExceptions } from '../config/calendar-effects.ts'
import { COMBINATIONS } from '../core/combinations.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { JobContext } from './job.ts'
import { modelSpecOf } from './model-spec-of.ts'

const found = z.object({
  detectors: z.array(
    z.object({ name: z.string(), tag: z.string(), params: z.record(z.string(), z.unknown()) }),
  ),
  combination: z.enum(COMBINATIONS),
  preprocess: z.object({
    diff_n: z.number(),
    smooth_n: z.number(),
    lags_n: z.number(),
    freq: z.string().nullable(),
    freq_agg: z.enum(['mean', 'sum']),
  }),
})

/** What runs that train parts of a batch are told, so that all of them train the models that a search has chosen for the whole. */
export function paramsOfParts({
  detectors,
  combination,
  preprocess,
  choice,
}: ModelSpec): Record<string, Json> {
  return choice === undefined ? {} : { models: { detectors, combination, preprocess } as unknown as Json }
}

/** What the models of a part are: those that its run was told, or those of the batch's settings. */
export function specOfPart({ batch, run }: JobContext): ModelSpec {
  const spec = modelSpecOf(batch.settings, weekdayExceptions(batch))
  const models = run.params?.models
  if (models === undefined) return spec
  const told = found.safeParse(models)
  if (!told.success)
    throw new AnomstackError('INPUT_INVALID', 'parameter "models" does not say what to train')
  return { ...spec, ...told.data }
}
