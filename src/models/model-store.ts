import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { AnomstackError, locate } from '../core/errors.ts'
import type { Storage } from '../storages/storage.ts'
import { type Bundle, type BundleEntry, encodeBundle, openBundle } from './bundle.ts'
import type { ModelSpec } from './model-spec.ts'

/**
 * The model bundles of batches, in versions: `<batch>/versions/<version>.bundle`, and the pointer `<batch>/latest.json` to the one in use.
 * The pointer is swapped last, so a program that dies in between leaves the version before in use. Of two that publish at the same time the
 * bundle created later stays in use, whoever comes last.
 */
export interface ModelStore {
  /** Writes a new version, puts it into use unless a newer one is, deletes the oldest versions beyond `keep`, and returns its name. */
  publish(batch: string, trained: Trained): Promise<string>
  /** The version in use; undefined when the batch has none. Throws `MODEL_INVALID` when it is damaged or gone. */
  latest(batch: string): Promise<StoredBundle | undefined>
  /** When the version in use was made, or was rolled back to, epoch ms; undefined when the batch has none. */
  latestCreated(batch: string): Promise<number | undefined>
  /** The newest first. */
  versions(batch: string): Promise<readonly ModelVersion[]>
  /** Puts an older version into use, until the next is published. Throws `NOT_FOUND` for a version that is not there. */
  rollback(batch: string, version: string): Promise<void>
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

export interface StoredBundle extends Bundle {
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

interface Pointer {
  readonly format: 1
  readonly version: string
  /** Bundles created before this moment do not come into use any more, epoch ms. */
  readonly since: number
}

const ATTEMPTS = 50
const MEGABYTE = 1024 * 1024

const { version: libraryVersion } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

/** A batch's name as one segment of a key. */
function folderOf(batch: string): string {
  if (batch === '') return '%'
  const escaped = batch.replaceAll('%', '%25').replaceAll('/', '%2F')
  return /^\.{1,2}$/.test(escaped) ? escaped.replaceAll('.', '%2E') : escaped
}

/** Names sort by creation; the hash makes publishing the same bytes again the same version. */
function nameVersion(created: number, parts: readonly Uint8Array[]): string {
  const time = new Date(created).toISOString().replaceAll(/[-:.]/g, '').toLowerCase()
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `${time}-${hash.digest('hex').slice(0, 8)}`
}

const createdOf = (version: string) => {
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)(\d{3})z-/.exec(version) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
}

/** Opens nothing by itself. */
export function createModelStore(storage: Storage, options: ModelStoreOptions = {}): ModelStore {
  const { keep = 5, cacheBytes = 64 * MEGABYTE, now = Date.now } = options
  const bundles = new LRUCache<string, StoredBundle>({
    maxSize: cacheBytes,
    sizeCalculation: ({ headerSize }) => headerSize * 4 + 1,
  })
  const models = new LRUCache<string, Uint8Array>({
    maxSize: cacheBytes,
    sizeCalculation: ({ length }) => length + 1,
  })

  const versionKey = (batch: string, version: string) => `${folderOf(batch)}/versions/${version}.bundle`
  const pointerKey = (batch: string) => `${folderOf(batch)}/latest.json`

  async function readPointer(batch: string): Promise<{ pointer?: Pointer; etag?: string }> {
    const object = await storage.get(pointerKey(batch))
    if (!object) return {}
    try {
      const pointer = JSON.parse(Buffer.from(object.bytes).toString('utf8')) as Pointer
      if (typeof pointer.version === 'string' && Number.isFinite(pointer.since))
        return { pointer, etag: object.etag }
    } catch {
      // Not JSON: the same as a pointer that says nothing.
    }
    return { etag: object.etag }
  }

  /** Reads and swaps the pointer until nobody came in between. `choose` returns undefined to leave it as it is. */
  async function swapPointer(
    batch: string,
    choose: (present: Pointer | undefined) => Pointer | undefined,
  ): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { pointer, etag } = await readPointer(batch)
      const chosen = choose(pointer)
      if (!chosen) return
      try {
        const condition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag }
        await storage.put(pointerKey(batch), Buffer.from(JSON.stringify(chosen)), condition)
        return
      } catch (error) {
        const conflict = error instanceof AnomstackError && error.code === 'STORAGE_CONFLICT'
        if (!conflict || attempt === ATTEMPTS) throw locate(error, { batch }, 'STORAGE_FAILED')
      }
    }
  }

  async function listVersions(batch: string): Promise<readonly Omit<ModelVersion, 'inUse'>[]> {
    const found: Omit<ModelVersion, 'inUse'>[] = []
    const prefix = `${folderOf(batch)}/versions/`
    for await (const { key, size } of storage.list(prefix)) {
      const version = key.slice(prefix.length, -'.bundle'.length)
      const created = createdOf(version)
      if (key.endsWith('.bundle') && Number.isFinite(created)) found.push({ version, created, size })
    }
    return found.reverse()
  }

  async function prune(batch: string): Promise<void> {
    const { pointer } = await readPointer(batch)
    const old = (await listVersions(batch)).slice(keep)
    for (const { version } of old)
      if (version !== pointer?.version) await storage.delete(versionKey(batch, version))
  }

  /** The same bundle, its models read once. */
  function cached(batch: string, version: string, bundle: Bundle): StoredBundle {
    const cacheKey = (metric: string) => `${folderOf(batch)}/${version}/${metric}`
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
    const cacheKey = versionKey(batch, version)
    const present = bundles.get(cacheKey)
    if (present) return present
    const bundle = await openBundle(storage, cacheKey)
    if (!bundle) return undefined
    const opened = cached(batch, version, bundle)
    bundles.set(cacheKey, opened)
    return opened
  }

  return {
    async publish(batch, { spec, created, results }) {
      const fitted = results.flatMap((result) => (result.status === 'fitted' ? [result] : []))
      const parts = encodeBundle({ batch, created, libraryVersion, spec, models: fitted })
      const version = nameVersion(created, parts)
      try {
        await storage.put(versionKey(batch, version), parts, { ifAbsent: true })
      } catch (error) {
        // Its name holds its hash: the same bundle was published before.
        if (!(error instanceof AnomstackError && error.code === 'STORAGE_CONFLICT'))
          throw locate(error, { batch }, 'STORAGE_FAILED')
      }
      await swapPointer(batch, (present) =>
        present && (present.since > created || (present.since === created && present.version >= version))
          ? undefined
          : { format: 1, version, since: created },
      )
      await prune(batch)
      return version
    },
    async latest(batch) {
      const { pointer, etag } = await readPointer(batch)
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
    async latestCreated(batch) {
      return (await readPointer(batch)).pointer?.since
    },
    async versions(batch) {
      const { pointer } = await readPointer(batch)
      return (await listVersions(batch)).map((each) => ({
        ...each,
        inUse: each.version === pointer?.version,
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
      await swapPointer(batch, () => ({ format: 1, version, since }))
    },
  }
}
