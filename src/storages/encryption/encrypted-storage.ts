import { LRUCache } from 'lru-cache'
import { AnomstackError } from '../../core/errors.ts'
import type { ByteRange, ObjectInfo, Storage, StoredObject } from '../storage.ts'
import type { EncryptionKey } from './encryption-keys.ts'
import {
  BEGINNING,
  chunkAt,
  isSealed,
  openSealed,
  plainBefore,
  plainSize,
  rangeOfChunks,
  type SealedObject,
  seal,
} from './sealed-object.ts'

export interface Encryption {
  /** The first one encrypts, all decrypt; without any, nothing is encrypted. */
  keys(): Promise<readonly EncryptionKey[]>
  /** Whether objects that are not encrypted are read too. */
  readonly allowPlain: boolean
}

/** Beginnings remembered, about 200 bytes each. */
const REMEMBERED = 2000
const ATTEMPTS = 5
const NOTHING = new Uint8Array()

/** An object as it was found: encrypted, or plain. */
interface Beginning {
  readonly etag: string
  readonly sealed: SealedObject | undefined
}

/** The same storage, its objects encrypted where there are keys. Without keys, an encrypted object is an error, not a heap of bytes. */
export function encryptedStorage(storage: Storage, { keys, allowPlain }: Encryption): Storage {
  const beginnings = new LRUCache<string, Beginning>({ max: REMEMBERED })

  /** Throws `STORAGE_FAILED` for a plain object where there may be none. */
  function beginningOf(
    key: string,
    { bytes, etag }: StoredObject,
    known: readonly EncryptionKey[],
  ): Beginning {
    if (!isSealed(bytes) && known.length > 0 && !allowPlain)
      throw new AnomstackError(
        'STORAGE_FAILED',
        `"${key}" is not encrypted, as it was before there was a key: delete it, or set encryption_allow_plain until all is trained again`,
        { retryable: false },
      )
    const found = { etag, sealed: isSealed(bytes) ? openSealed(bytes, key, known) : undefined }
    beginnings.set(key, found)
    return found
  }

  async function readBeginning(key: string, known: readonly EncryptionKey[]): Promise<Beginning | undefined> {
    const object = await storage.get(key, { start: 0, end: BEGINNING })
    return object && beginningOf(key, object, known)
  }

  /** From the beginning on: one request. */
  async function getFirst(key: string, end: number | undefined, known: readonly EncryptionKey[]) {
    const last = end === undefined ? Number.POSITIVE_INFINITY : chunkAt(Math.max(0, end - 1))
    const range = end === undefined ? undefined : { start: 0, end: rangeOfChunks(0, last).end }
    const object = await storage.get(key, range)
    if (object === undefined) return undefined
    const { sealed, etag } = beginningOf(key, object, known)
    const plain = sealed?.open(object.bytes.subarray(BEGINNING), 0, last) ?? object.bytes
    return { bytes: plain, etag }
  }

  async function getLater(
    key: string,
    { start, end }: ByteRange,
    known: readonly EncryptionKey[],
  ): Promise<StoredObject | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const beginning = beginnings.get(key) ?? (await readBeginning(key, known))
      if (beginning === undefined) return undefined
      const { sealed, etag } = beginning
      const first = chunkAt(start)
      const last = chunkAt(end - 1)
      const object = await storage.get(
        key,
        sealed === undefined ? { start, end } : rangeOfChunks(first, last),
      )
      if (object?.etag === etag) {
        if (sealed === undefined) return object
        const from = start - plainBefore(first)
        const plain = sealed.open(object.bytes, first, last)
        return { bytes: plain.subarray(from, from + end - start), etag }
      }
      beginnings.delete(key)
      if (object === undefined) return undefined
    }
    throw new AnomstackError('STORAGE_CONFLICT', `"${key}" is replaced again and again while it is read`)
  }

  /** Where there is no key: an object of which the beginning was read is a plain one. */
  function refuseSealed(key: string, object: StoredObject | undefined): StoredObject | undefined {
    if (object && isSealed(object.bytes)) openSealed(object.bytes, key, [])
    return object
  }

  async function get(key: string, range?: ByteRange): Promise<StoredObject | undefined> {
    const known = await keys()
    if (known.length === 0) {
      if (range === undefined || range.start > 0 || range.end <= 0)
        return refuseSealed(key, await storage.get(key, range))
      const { start, end } = range
      const object = refuseSealed(key, await storage.get(key, { start, end: Math.max(end, BEGINNING) }))
      return object && { ...object, bytes: object.bytes.subarray(0, end) }
    }
    if (range === undefined) return getFirst(key, undefined, known)
    const { start, end } = range
    if (end <= start) {
      const beginning = await readBeginning(key, known)
      return beginning && { bytes: NOTHING, etag: beginning.etag }
    }
    if (chunkAt(start) > 0) return getLater(key, range, known)
    const object = await getFirst(key, end, known)
    return object && { ...object, bytes: object.bytes.subarray(start, end) }
  }

  /** Which objects are plain is seen by looking: only where some may be. */
  async function withPlainSize(info: ObjectInfo, known: readonly EncryptionKey[]): Promise<ObjectInfo> {
    if (known.length === 0) return info
    if (allowPlain && (await readBeginning(info.key, known))?.sealed === undefined) return info
    return { ...info, size: plainSize(info.size) }
  }

  return {
    async put(key, bytes, condition) {
      const [newest] = await keys()
      const parts = bytes instanceof Uint8Array ? [bytes] : bytes
      const result = await storage.put(
        key,
        newest === undefined ? bytes : seal(newest, key, parts),
        condition,
      )
      beginnings.delete(key)
      return result
    },
    get,
    async head(key) {
      const info = await storage.head(key)
      return info && withPlainSize(info, await keys())
    },
    async *list(prefix) {
      const known = await keys()
      for await (const info of storage.list(prefix)) yield withPlainSize(info, known)
    },
    delete: (key) => storage.delete(key),
  }
}
