import { isDeepStrictEqual } from 'node:util'
import type { BundleEntry } from '../models/bundle.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { StoredBundle, Trained } from '../models/model-store.ts'
import type { JobContext } from './job.ts'

/** The models in use of a batch; undefined where there are none of this kind. Ones that cannot be read have nothing that could be kept. */
export async function bundleInUse(
  { batch, models }: JobContext,
  spec: ModelSpec,
): Promise<StoredBundle | undefined> {
  const inUse = await models.latest(batch.name).catch(() => undefined)
  return inUse !== undefined && isDeepStrictEqual(kindOf(inUse.spec), kindOf(spec)) ? inUse : undefined
}

/** As it is after it has been stored. How a search came to it makes no other models, and parts are not told it. */
function kindOf(spec: ModelSpec): unknown {
  const { choice: _, ...kind } = spec
  return JSON.parse(JSON.stringify(kind))
}

/** The models that can be read, to be published again with what they have learned. */
export async function modelsOf(
  inUse: StoredBundle,
  entries: ReadonlyMap<string, BundleEntry>,
): Promise<Extract<Trained['results'][number], { readonly status: 'fitted' }>[]> {
  const models = await inUse.read(entries.keys())
  return [...entries.values()].flatMap((entry) => {
    const bytes = models.get(entry.metric)
    return bytes instanceof Uint8Array ? [{ status: 'fitted' as const, ...entry, bytes }] : []
  })
}
