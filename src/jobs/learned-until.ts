import { AnomstackError } from '../core/errors.ts'
import type { StoredBundle } from '../models/model-store.ts'

/** Up to which point the models of these metrics have learned, epoch ms. Those without a model, or of whose model nothing can be read, are left out. */
export async function learnedUntil(
  bundle: Pick<StoredBundle, 'entries'>,
  metrics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  try {
    const entries = await bundle.entries(metrics)
    return new Map([...entries.values()].map(({ metric, to }) => [metric, to]))
  } catch (error) {
    if (!(error instanceof AnomstackError && error.code === 'MODEL_INVALID')) throw error
    if (metrics.length <= 1) return new Map()
    // A part of the models is damaged: the others are not to suffer from it.
    const middle = metrics.length >> 1
    const halves = [metrics.slice(0, middle), metrics.slice(middle)]
    const found: (readonly [string, number])[] = []
    for (const half of halves) found.push(...(await learnedUntil(bundle, half)))
    return new Map(found)
  }
}
