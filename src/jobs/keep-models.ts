import { isDeepStrictEqual } from 'node:util'
import type { ModelSpec } from '../models/model-spec.ts'
import type { StoredBundle, Trained } from '../models/model-store.ts'
import type { Failures } from './failures.ts'
import { metricsOf } from './fan-out.ts'
import type { JobContext } from './job.ts'

/** Parts of a training that did not come to their end keep the models that are in use, where these are of the same kind: their metrics go on being
 * scored until they are trained again. */
export async function keepModels(
  context: JobContext,
  parts: { readonly group: string; readonly of: number; readonly spec: ModelSpec },
  failures: Failures,
): Promise<void> {
  const { batch, models, clock } = context
  const missing = await models.missingParts(batch.name, parts)
  if (missing.length === 0) return
  await context.step(
    'keep models',
    async () => {
      // One that cannot be read has nothing that could be kept.
      const inUse = await models.latest(batch.name).catch(() => undefined)
      // As it is after it has been stored.
      const spec = JSON.parse(JSON.stringify(parts.spec)) as ModelSpec
      if (inUse === undefined || !isDeepStrictEqual(inUse.spec, spec)) return 0
      let kept = 0
      for (const shard of missing)
        await failures.attempt({ batch: batch.name }, async () => {
          const part = { group: parts.group, of: parts.of, shard }
          const results = await modelsOf(inUse, await metricsOf(context, part, 0))
          await models.writePart(batch.name, part, { spec: parts.spec, created: clock.now(), results })
          kept += results.length
        })
      return kept
    },
    (kept) => ({ parts: missing.length, models: kept }),
  )
}

async function modelsOf(inUse: StoredBundle, metrics: readonly string[]): Promise<Trained['results']> {
  const entries = await inUse.entries(metrics)
  const models = await inUse.read(metrics)
  return [...entries.values()].flatMap((entry) => {
    const bytes = models.get(entry.metric)
    return bytes instanceof Uint8Array ? [{ status: 'fitted' as const, ...entry, bytes }] : []
  })
}
