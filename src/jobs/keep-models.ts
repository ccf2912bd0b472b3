import type { ModelSpec } from '../models/model-spec.ts'
import type { Failures } from './failures.ts'
import { metricsOf } from './fan-out.ts'
import type { JobContext } from './job.ts'
import { bundleInUse, modelsOf } from './models-in-use.ts'

interface UnwrittenParts {
  readonly group: string
  readonly of: number
  readonly spec: ModelSpec
  /** Which were not written. */
  readonly missing: readonly number[]
}

/** Parts of a training that did not come to their end, or had nothing to change, keep the models that are in use, where these are of the same kind: their
 * metrics go on being scored until they are trained again. */
export async function keepModels(
  context: JobContext,
  { group, of, spec, missing }: UnwrittenParts,
  failures: Failures,
): Promise<void> {
  const { batch, models, clock } = context
  if (missing.length === 0) return
  await context.step(
    'keep models',
    async () => {
      const inUse = await bundleInUse(context, spec)
      if (inUse === undefined) return 0
      let kept = 0
      for (const shard of missing)
        await failures.attempt({ batch: batch.name }, async () => {
          const part = { group, of, shard }
          const entries = await inUse.entries(await metricsOf(context, part, 0))
          const results = await modelsOf(inUse, entries)
          await models.writePart(batch.name, part, { spec, created: clock.now(), results })
          kept += results.length
        })
      return kept
    },
    (kept) => ({ parts: missing.length, models: kept }),
  )
}
