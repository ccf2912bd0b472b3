import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { AnomstackError } from '../../core/errors.ts'
import { isMissingPackage, missingPackage } from '../../core/missing-package.ts'
import { createRedactor } from '../../core/redact.ts'
import type { ByteRange, ObjectInfo, PutCondition, Storage, StoredObject } from '../storage.ts'
import type { Bucket, Outcome } from './bucket.ts'
import { beginningOfNames, keyOfName, nameOfKey } from './object-name.ts'

export interface CloudStorageOptions {
  /** What the cloud calls a bucket. */
  readonly noun: string
  /** Of the bucket and what all names begin with, as in `s3://bucket/prefix/`: for messages. */
  readonly place: string
  readonly folder: string
  /** Packages that `open` imports. */
  readonly packages: readonly string[]
  readonly secrets: readonly (string | undefined)[]
  /** Loads the SDK. */
  open(): Promise<Bucket>
}

/** Bytes of UTF-8 that every cloud takes for a name. */
const LONGEST_NAME = 1024
/** A connection that breaks while a body is read is not the SDK's to retry. */
const READS = 3
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8000

const isBroken = (error: unknown) =>
  error instanceof Error &&
  (error.name === 'AbortError' ||
    ('code' in error &&
      ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ETIMEDOUT'].includes(String(error.code))))

/** Tries again what the SDK does not. */
async function patiently<Result>(bucket: Bucket, work: () => Promise<Result>): Promise<Result> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2)
    try {
      return await work()
    } catch (error) {
      const explanation = bucket.explain(error)
      const again = explanation.kind === 'failed' && explanation.impatient === true
      if (!again || pauseMs > LONGEST_PAUSE_MS) throw error
      await wait(pauseMs)
    }
}

/** A storage in a cloud's bucket; the SDK is loaded at the first call. */
export function createCloudStorage(options: CloudStorageOptions): Storage {
  const { place, folder, noun, packages } = options
  const redact = createRedactor(options.secrets.filter((secret) => secret !== undefined))
  let loaded: Promise<Bucket> | undefined
  let placeSeen = false

  function load(): Promise<Bucket> {
    loaded ??= options.open().catch((error: unknown) => {
      loaded = undefined
      throw isMissingPackage(error) ? missingPackage(packages, `model storage ${place}`) : error
    })
    return loaded
  }

  const failure = (doing: string, reason: string, retryable: boolean) =>
    new AnomstackError('STORAGE_FAILED', redact(`cannot ${doing} in ${place}: ${reason}`), { retryable })

  const nowhere = () =>
    failure('find the models', `there is no such ${noun}; create it, or check model_path`, false)

  function nameOf(key: string): string {
    const name = nameOfKey(key)
    if (name === undefined)
      throw new AnomstackError(
        'STORAGE_FAILED',
        `"${key}" is not a key: no part of it may be empty, "." or ".."`,
        { retryable: false },
      )
    if (Buffer.byteLength(folder + name) > LONGEST_NAME)
      throw new AnomstackError(
        'STORAGE_FAILED',
        `the key "${key}" is too long for ${place}: with the prefix it may have ${LONGEST_NAME} bytes`,
        { retryable: false },
      )
    return folder + name
  }

  /** An object that is not there may mean that the bucket is not there, which is an error. */
  async function seePlace(bucket: Bucket): Promise<void> {
    if (placeSeen) return
    try {
      for await (const _ of bucket.list(folder)) break
      placeSeen = true
    } catch (error) {
      throw bucket.explain(error).kind === 'absent' ? nowhere() : error
    }
  }

  /** Does the work; what the SDK throws becomes an error of the contract, or what `otherwise` makes of it. */
  async function attempt<Result>(
    doing: string,
    work: (bucket: Bucket) => Promise<Result>,
    otherwise: (kind: Outcome, bucket: Bucket) => Promise<Result>,
  ): Promise<Result> {
    const bucket = await load()
    const explain = (error: unknown) => {
      if (error instanceof AnomstackError) throw error
      const explanation = bucket.explain(error)
      // The SDK's error is not kept as the cause: it may hold the request with its credentials.
      if (explanation.kind === 'failed') throw failure(doing, explanation.reason, explanation.retryable)
      return explanation.kind
    }
    try {
      const result = await patiently(bucket, () => work(bucket))
      placeSeen = true
      return result
    } catch (error) {
      const kind = explain(error)
      try {
        if (kind === 'absent') await seePlace(bucket)
        return await otherwise(kind, bucket)
      } catch (later) {
        throw failure(doing, `the answers contradict each other (${kind}, then ${explain(later)})`, true)
      }
    }
  }

  async function put(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    condition?: PutCondition,
  ): Promise<{ readonly etag: string }> {
    const name = nameOf(key)
    const putId = randomUUID()
    const parts = bytes instanceof Uint8Array ? [bytes] : bytes
    return attempt(
      `write "${key}"`,
      (bucket) => bucket.put(name, parts, { condition, putId }),
      async (kind) => {
        // A put whose answer was lost is tried again by the SDK, and then meets its own object.
        const present = kind === 'conflict' ? await headOf(key) : undefined
        if (present?.putId === putId) return { etag: present.etag }
        const problem =
          condition && 'ifAbsent' in condition
            ? 'the object exists already'
            : 'the object was changed or deleted since it was read'
        throw new AnomstackError('STORAGE_CONFLICT', `"${key}" in ${place}: ${problem}`)
      },
    )
  }

  function headOf(key: string) {
    const name = nameOf(key)
    return attempt<(ObjectInfo & { readonly putId: string | undefined }) | undefined>(
      `read "${key}"`,
      async (bucket) => ({ key, ...(await bucket.head(name)) }),
      () => Promise.resolve(undefined),
    )
  }

  async function head(key: string): Promise<ObjectInfo | undefined> {
    const found = await headOf(key)
    if (found === undefined) return undefined
    const { size, etag, modified } = found
    return { key, size, etag, modified }
  }

  async function get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    const name = nameOf(key)
    const nothing = async () => {
      const info = await headOf(key)
      return info && { bytes: new Uint8Array(), etag: info.etag }
    }
    if (range !== undefined && range.end <= range.start) return nothing()
    return attempt<StoredObject | undefined>(
      `read "${key}"`,
      async (bucket) => {
        for (let read = 1; ; read++)
          try {
            return await bucket.get(name, range)
          } catch (error) {
            if (read === READS || !isBroken(error)) throw error
          }
      },
      (kind) => (kind === 'behind-the-end' ? nothing() : Promise.resolve(undefined)),
    )
  }

  /** Clouds list by the UTF-8 of names, which is not the order of keys: the keys below a prefix, some for each batch, are gathered and sorted. */
  async function listed(prefix: string): Promise<readonly ObjectInfo[]> {
    return attempt(
      `list "${prefix}"`,
      async (bucket) => {
        const found: ObjectInfo[] = []
        for await (const { name, ...rest } of bucket.list(folder + beginningOfNames(prefix))) {
          const key = keyOfName(name.slice(folder.length))
          if (key?.startsWith(prefix) === true) found.push({ key, ...rest })
        }
        return found.sort((a, b) => (a.key < b.key ? -1 : 1))
      },
      () => Promise.reject(nowhere()),
    )
  }

  return {
    put,
    get,
    head,
    async *list(prefix) {
      yield* await listed(prefix)
    },
    delete(key) {
      const name = nameOf(key)
      return attempt(
        `delete "${key}"`,
        (bucket) => bucket.delete(name),
        () => Promise.resolve(),
      )
    },
  }
}
