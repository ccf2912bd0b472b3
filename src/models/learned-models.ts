import { AnomstackError } from '../core/errors.ts'
import type { Storage } from '../storages/storage.ts'
import { type Bundle, type BundleContent, type BundleEntry, encodeBundle, openBundle } from './bundle.ts'
import { learnedFolder, learnedKey, versionOfLearned } from './model-keys.ts'
import type { OpenedBundle } from './opened-bundle.ts'
import { shardOf } from './shard.ts'

/**
 * What models have learned since their version was published lies beside it, in as many objects as the version's models:
 * `<batch>/learned/<version>/<shard>-<of>.bundle`. Nothing depends on it: where it is gone, old, or damaged as a whole, a model has learned less,
 * knows up to when, and learns the rest again.
 */
export interface LearnedModels {
  /** Of each metric, the model that has learned further stays, whoever comes last. */
  keep(models: readonly LearnedModel[]): Promise<void>
  /** What is read of the bundle from now on is what has learned furthest. */
  over(bundle: OpenedBundle): OpenedBundle
}

export type LearnedModel = BundleContent['models'][number]

/** One of those objects: without an etag there is none, without a bundle it is damaged. */
interface Shelf {
  readonly etag?: string
  readonly bundle?: Bundle
}

const ATTEMPTS = 50

const isCode = (error: unknown, code: AnomstackError['code']) =>
  error instanceof AnomstackError && error.code === code

/** Does the work again when an object was replaced meanwhile. */
async function unlessReplaced<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (!isCode(error, 'STORAGE_CONFLICT') || attempt === ATTEMPTS) throw error
    }
}

async function openShelf(storage: Storage, key: string): Promise<Shelf> {
  try {
    const bundle = await openBundle(storage, key)
    return bundle === undefined ? {} : { etag: bundle.etag, bundle }
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error
    const damaged = await storage.head(key)
    return damaged === undefined ? {} : { etag: damaged.etag }
  }
}

/** Of a version that consists of these contents. */
export function createLearnedModels(
  storage: Storage,
  version: string,
  {
    parts,
    batch,
    created,
    libraryVersion,
    spec,
  }: Omit<BundleContent, 'models'> & Pick<OpenedBundle, 'parts'>,
): LearnedModels {
  const keyOf = (shard: number) => learnedKey(batch, version, { shard, of: parts })

  function byShard<Item>(items: Iterable<Item>, metricOf: (item: Item) => string): Map<number, Item[]> {
    const groups = new Map<number, Item[]>()
    for (const item of items) {
      const shard = shardOf(metricOf(item), parts)
      const group = groups.get(shard)
      if (group === undefined) groups.set(shard, [item])
      else group.push(item)
    }
    return groups
  }

  async function keepIn(key: string, models: readonly LearnedModel[]): Promise<void> {
    const { etag, bundle } = await openShelf(storage, key)
    const present: ReadonlyMap<string, BundleEntry> = bundle?.entries ?? new Map()
    const further = models.filter(
      ({ metric, to }) => to > (present.get(metric)?.to ?? Number.NEGATIVE_INFINITY),
    )
    if (further.length === 0) return
    const replaced = new Set(further.map(({ metric }) => metric))
    const others = [...present.values()].filter(({ metric }) => !replaced.has(metric))
    const bytes = await bundle?.read(others.map(({ metric }) => metric))
    const kept = others.flatMap((entry) => {
      const model = bytes?.get(entry.metric)
      return model instanceof Uint8Array ? [{ ...entry, bytes: model }] : []
    })
    await storage.put(
      key,
      encodeBundle({ batch, created, libraryVersion, spec, models: [...kept, ...further] }),
      etag === undefined ? { ifAbsent: true } : { ifMatch: etag },
    )
  }

  /** The objects that hold models which have learned further than the known ones, with what is known of those. */
  async function ahead(known: Iterable<BundleEntry>) {
    const found: { readonly bundle: Bundle; readonly entries: readonly BundleEntry[] }[] = []
    for (const [shard, published] of byShard(known, ({ metric }) => metric)) {
      const { bundle } = await openShelf(storage, keyOf(shard))
      if (bundle === undefined) continue
      const entries = published.flatMap(({ metric, to }) => {
        const entry = bundle.entries.get(metric)
        return entry !== undefined && entry.to > to ? [entry] : []
      })
      found.push({ bundle, entries })
    }
    return found
  }

  async function readLearned(bundle: OpenedBundle, metrics: readonly string[]) {
    const models = new Map<string, Uint8Array | AnomstackError>()
    for (const names of byShard(metrics, (metric) => metric).values()) {
      const known = await bundle.entries(names).catch((error: unknown) => {
        // What is damaged of the version is told when it is read.
        if (isCode(error, 'MODEL_INVALID')) return new Map<string, BundleEntry>()
        throw error
      })
      for (const { bundle: learned, entries } of await ahead(known.values()))
        for (const [metric, model] of await learned.read(entries.map((entry) => entry.metric)))
          models.set(metric, model)
    }
    return models
  }

  return {
    async keep(models) {
      for (const [shard, some] of byShard(models, ({ metric }) => metric))
        await unlessReplaced(() => keepIn(keyOf(shard), some))
    },
    over: (bundle) => ({
      ...bundle,
      async entries(metrics) {
        const entries = new Map(await bundle.entries(metrics))
        for (const { entries: learned } of await ahead([...entries.values()]))
          for (const entry of learned) entries.set(entry.metric, entry)
        return entries
      },
      async read(metrics) {
        const wanted = [...metrics]
        const learned = await unlessReplaced(() => readLearned(bundle, wanted))
        const published = await bundle.read(wanted.filter((metric) => !learned.has(metric)))
        return new Map([...published, ...learned])
      },
    }),
  }
}

/** Deletes what was learned of versions that are not there any more. */
export async function deleteLearned(
  storage: Storage,
  batch: string,
  versions: ReadonlySet<string>,
): Promise<void> {
  const left: string[] = []
  for await (const { key } of storage.list(learnedFolder(batch)))
    if (!versions.has(versionOfLearned(batch, key))) left.push(key)
  for (const key of left) await storage.delete(key)
}
