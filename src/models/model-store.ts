import { LRUCache } from 'lru-cache'
import { AnomstackError, locate } from '../core/errors.ts'
import type { Storage } from '../storages/storage.ts'
import { type BundleContent, type BundleEntry, encodeBundle } from './bundle.ts'
import { createLearnedModels, deleteLearned, type LearnedModel } from './learned-models.ts'
import { libraryVersion } from './library-version.ts'
import {
  batchFolder,
  createdOf,
  groupOf,
  nameVersion,
  type PartOf,
  partKey,
  pointerKey,
  versionKey,
  versionsFolder,
} from './model-keys.ts'
import { createModelPointers } from './model-pointers.ts'
import type { ModelSpec } from './model-spec.ts'
import { openAnyBundle } from './open-any-bundle.ts'
import type { OpenedBundle } from './opened-bundle.ts'
import { encodeParted } from './parted-bundle.ts'
import { deleteParts } from './stale-parts.ts'

/**
 * The model bundles of batches, in versions: `<batch>/versions/<version>.bundle`, and the pointer `<batch>/latest.json` to the one in use. The models
 * of a large batch lie in parts, `<batch>/parts/<group>/<shard>-<of>.bundle`, which its version names.
 * The pointer is swapped last, so a program that dies in between leaves the version before in use. Of two that publish at the same time the
 * bundle created later stays in use, whoever comes last.
 */
export interface ModelStore {
  /** Writes a new version, puts it into use unless a newer one is, deletes the oldest versions beyond `keep`, and returns its name. */
  publish(batch: string, trained: Trained): Promise<string>
  /** Writes the models of one part of a batch, to be published with the others; in place of what was written for this part before. */
  writePart(batch: string, part: PartOf, trained: Trained): Promise<void>
  /** Which of the parts of a group, from 1 on, have not been written. */
  missingParts(batch: string, parts: Omit<PartOf, 'shard'>): Promise<readonly number[]>
  /** Publishes the parts that have been written as one version, like `publish`; undefined, and nothing happens, when no metric of theirs has a model. */
  publishParts(
    batch: string,
    parts: Omit<PartOf, 'shard'> & Pick<Trained, 'spec' | 'created'>,
  ): Promise<string | undefined>
  /** Keeps what models of a version have learned since: it is read with the version from then on. Of two runs that learn at the same time, what has
   * learned further stays. */
  keepLearned(batch: string, version: string, models: readonly LearnedModel[]): Promise<void>
  /** The version in use; undefined when the batch has none. Throws `MODEL_INVALID` when it is damaged or gone. */
  latest(batch: string): Promise<StoredBundle | undefined>
  /** Notes that a training at this time, epoch ms, found nothing to change of the version in use, and returns its name; undefined when the batch has none. */
  confirm(batch: string, at: number): Promise<string | undefined>
  /** When the version in use was made, was rolled back to, or was confirmed last, epoch ms; undefined when the batch has none. */
  lastTrained(batch: string): Promise<number | undefined>
  /** The newest first. */
  versions(batch: string): Promise<readonly ModelVersion[]>
  /** Puts an older version into use, until the next is published. Throws `NOT_FOUND` for a version that is not there. */
  rollback(batch: string, version: string): Promise<void>
  /** Deletes the oldest versions beyond `keep`, and parts that no version names and nobody will name any more. Returns how many versions it deleted. */
  prune(batch: string): Promise<number>
  /** Deletes all that there is of a batch. Returns how many objects. */
  remove(batch: string): Promise<number>
}

/** What training gave: results that are not `fitted` are left out of the bundle. */
export interface Trained {
  readonly spec: ModelSpec
  /** Epoch ms. */
  readonly created: number
  readonly results: readonly (
    | ({ readonly status: 'fitted'; readonly bytes: Uint8Array } & BundleEntry)
    | { readonly status: 'learning' | 'failed' }
  )[]
}

export interface StoredBundle extends OpenedBundle {
  readonly version: string
}

export interface ModelVersion {
  readonly version: string
  /** Epoch ms. */
  readonly created: number
  readonly size: number
  readonly inUse: boolean
}

export interface ModelStoreOptions {
  /** Versions kept of each batch, besides the one in use. */
  readonly keep?: number
  /** Memory for models that have been read. */
  readonly cacheBytes?: number
  readonly now?: () => number
}

const MEGABYTE = 1024 * 1024

interface ListedVersion extends Omit<ModelVersion, 'inUse'> {
  /** When it was written, by the storage's clock. */
  readonly modified: number
}

function groupsOf(versions: readonly ListedVersion[]): ReadonlySet<string> {
  return new Set(versions.flatMap(({ version }) => groupOf(version) ?? []))
}

function contentOf(batch: string, { spec, created, results }: Trained): BundleContent {
  const models = results.flatMap((result) => (result.status === 'fitted' ? [result] : []))
  return { batch, created, libraryVersion, spec, models }
}

/** Opens nothing by itself. */
export function createModelStore(storage: Storage, options: ModelStoreOptions = {}): ModelStore {
  const { keep = 5, cacheBytes = 64 * MEGABYTE, now = Date.now } = options
  const pointers = createModelPointers(storage)
  const bundles = new LRUCache<string, OpenedBundle>({
    maxSize: cacheBytes,
    sizeCalculation: ({ headerSize }) => headerSize * 4 + 1,
  })
  const models = new LRUCache<string, Uint8Array>({
    maxSize: cacheBytes,
    sizeCalculation: ({ length }) => length + 1,
  })

  async function listVersions(batch: string): Promise<readonly ListedVersion[]> {
    const found: ListedVersion[] = []
    const prefix = versionsFolder(batch)
    for await (const { key, size, modified } of storage.list(prefix)) {
      const version = key.slice(prefix.length, -'.bundle'.length)
      const created = createdOf(version)
      if (key.endsWith('.bundle') && Number.isFinite(created))
        found.push({ version, created, size, modified })
    }
    return found.reverse()
  }

  /** `spec` is that of the version in use; without it the search is thorough. */
  async function prune(batch: string, spec?: ModelSpec): Promise<number> {
    const { pointer } = await pointers.read(batch)
    const listed = await listVersions(batch)
    const old = listed.slice(keep).filter(({ version }) => version !== pointer?.version)
    for (const { version } of old) await storage.delete(versionKey(batch, version))
    const gone = new Set(old)
    // Most batches have no parts: they are spared the search for them.
    if (spec === undefined || listed.some(({ version }) => groupOf(version) !== undefined))
      await deleteParts(storage, batch, {
        named: groupsOf(listed.filter((version) => !gone.has(version))),
        dropped: groupsOf(old),
        present: Math.max(...listed.map(({ modified }) => modified)),
      })
    if (spec === undefined || spec.update === 'online')
      await deleteLearned(
        storage,
        batch,
        new Set(listed.flatMap((each) => (gone.has(each) ? [] : [each.version]))),
      )
    return old.length
  }

  /** Writes a version and puts it into use. */
  async function putIntoUse(
    batch: string,
    {
      version,
      spec,
      created,
      bytes,
    }: Pick<Trained, 'spec' | 'created'> & {
      readonly version: string
      readonly bytes: readonly Uint8Array[]
    },
  ): Promise<string> {
    try {
      await storage.put(versionKey(batch, version), bytes, { ifAbsent: true })
    } catch (error) {
      // Its name holds its hash: the same bundle was published before.
      if (!(error instanceof AnomstackError && error.code === 'STORAGE_CONFLICT'))
        throw locate(error, { batch }, 'STORAGE_FAILED')
    }
    await pointers.swap(batch, (present) =>
      present && (present.since > created || (present.since === created && present.version >= version))
        ? undefined
        : { format: 1, version, since: created },
    )
    await prune(batch, spec)
    return version
  }

  /** The same bundle, its models read once. */
  function cached(batch: string, version: string, bundle: OpenedBundle): StoredBundle {
    const cacheKey = (metric: string) => `${batchFolder(batch)}${version}/${metric}`
    return {
      ...bundle,
      version,
      async read(metrics) {
        const read = new Map<string, Uint8Array | AnomstackError>()
        const missing: string[] = []
        for (const metric of metrics) {
          const bytes = models.get(cacheKey(metric))
          if (bytes) read.set(metric, bytes)
          else missing.push(metric)
        }
        for (const [metric, bytes] of await bundle.read(missing)) {
          read.set(metric, bytes)
          // Copied, for what was read is a part of a larger range.
          if (bytes instanceof Uint8Array) models.set(cacheKey(metric), new Uint8Array(bytes))
        }
        return read
      },
    }
  }

  async function open(batch: string, version: string): Promise<StoredBundle | undefined> {
    const published = await openVersion(batch, version)
    if (published === undefined) return undefined
    const bundle = cached(batch, version, published)
    if (bundle.spec.update !== 'online') return bundle
    return { ...createLearnedModels(storage, version, bundle).over(bundle), version }
  }

  /** As it was published. */
  function openVersion(batch: string, version: string): Promise<OpenedBundle | undefined> {
    const key = versionKey(batch, version)
    // A part may be written again for a later version: what was read of it for this one is remembered apart.
    return opened(key, () =>
      openAnyBundle(storage, key, (part) =>
        opened(`${key}/${part}`, () => openPart(`${batchFolder(batch)}${part}`)),
      ),
    )
  }

  const openPart = (key: string) => openAnyBundle(storage, key, () => Promise.resolve(undefined))

  async function opened(
    cacheKey: string,
    read: () => Promise<OpenedBundle | undefined>,
  ): Promise<OpenedBundle | undefined> {
    const present = bundles.get(cacheKey)
    if (present) return present
    const bundle = await read()
    if (bundle) bundles.set(cacheKey, bundle)
    return bundle
  }

  return {
    async publish(batch, trained) {
      const bytes = encodeBundle(contentOf(batch, trained))
      const { spec, created } = trained
      return putIntoUse(batch, { version: nameVersion(created, bytes), spec, created, bytes })
    },
    async writePart(batch, part, trained) {
      try {
        await storage.put(`${batchFolder(batch)}${partKey(part)}`, encodeBundle(contentOf(batch, trained)))
      } catch (error) {
        throw locate(error, { batch }, 'STORAGE_FAILED')
      }
    },
    async missingParts(batch, { group, of }) {
      const missing: number[] = []
      for (let shard = 1; shard <= of; shard++)
        if (!(await storage.head(`${batchFolder(batch)}${partKey({ group, shard, of })}`)))
          missing.push(shard)
      return missing
    },
    async publishParts(batch, { group, of, spec, created }) {
      const parts: ({ readonly key: string; readonly metrics: number } | null)[] = []
      for (let shard = 1; shard <= of; shard++) {
        const key = partKey({ group, shard, of })
        const part = await openPart(`${batchFolder(batch)}${key}`)
        parts.push(part && part.metrics > 0 ? { key, metrics: part.metrics } : null)
      }
      if (parts.every((part) => part === null)) return undefined
      const bytes = [encodeParted({ batch, created, libraryVersion, spec, parts })]
      return putIntoUse(batch, { version: nameVersion(created, bytes, group), spec, created, bytes })
    },
    async keepLearned(batch, version, models) {
      const bundle = await openVersion(batch, version)
      if (bundle === undefined) return
      try {
        await createLearnedModels(storage, version, bundle).keep(models)
      } catch (error) {
        throw locate(error, { batch }, 'STORAGE_FAILED')
      }
    },
    async latest(batch) {
      const { pointer, etag } = await pointers.read(batch)
      if (!pointer && etag === undefined) return undefined
      const opened = pointer && (await open(batch, pointer.version))
      if (opened) return opened
      const problem = pointer ? `names the version ${pointer.version}, which is not there` : 'is damaged'
      throw new AnomstackError(
        'MODEL_INVALID',
        `the pointer to the latest models ${problem}; train again, or roll back`,
        {
          at: { batch, file: pointerKey(batch) },
        },
      )
    },
    async confirm(batch, at) {
      let version: string | undefined
      await pointers.swap(batch, (present) => {
        version = present?.version
        return present && { ...present, confirmed: at }
      })
      return version
    },
    async lastTrained(batch) {
      const { pointer } = await pointers.read(batch)
      return pointer && Math.max(pointer.since, pointer.confirmed ?? pointer.since)
    },
    async versions(batch) {
      const { pointer } = await pointers.read(batch)
      return (await listVersions(batch)).map(({ version, created, size }) => ({
        version,
        created,
        size,
        inUse: version === pointer?.version,
      }))
    },
    async rollback(batch, version) {
      const exists = Number.isFinite(createdOf(version)) && (await storage.head(versionKey(batch, version)))
      if (!exists)
        throw new AnomstackError(
          'NOT_FOUND',
          `there is no version "${version}" of the models; \`anomstack models ls\` lists them`,
          { at: { batch } },
        )
      const since = now()
      await pointers.swap(batch, () => ({ format: 1, version, since }))
    },
    prune: (batch) => prune(batch),
    async remove(batch) {
      // First what leads to the others, so that nobody is led to what is gone.
      const keys = new Set((await storage.head(pointerKey(batch))) ? [pointerKey(batch)] : [])
      for await (const { key } of storage.list(batchFolder(batch))) keys.add(key)
      for (const key of keys) await storage.delete(key)
      return keys.size
    },
  }
}
