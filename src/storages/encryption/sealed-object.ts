import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AnomstackError } from '../../core/errors.ts'
import type { EncryptionKey } from './encryption-keys.ts'

/**
 * An encrypted object, of which any part can be read without the others:
 *
 *     "ANOMENC1" · id of the key (8) · salt (32) · size of the plain bytes (8, big-endian) · tag (16)
 *     then chunks of 65536 plain bytes, the last one shorter, each followed by its tag (16)
 *
 * Each object has a key of its own, HKDF-SHA-256 of the configured key and the salt, so that a counter may serve as the nonce of AES-256-GCM. The tag
 * of the beginning vouches for it and for the object's name, that of a chunk also for its place and for how many there are: nothing can be cut off,
 * exchanged or moved to another name. An empty object has one empty chunk.
 */
const MAGIC = Buffer.from('ANOMENC1', 'latin1')
const ID_AT = 8
const SALT_AT = 16
const SIZE_AT = 48
const TAG_AT = 56
const TAG = 16
const CHUNK = 65_536
const SEALED_CHUNK = CHUNK + TAG
export const BEGINNING = TAG_AT + TAG

const chunksOf = (size: number) => Math.max(1, Math.ceil(size / CHUNK))

/** Whether an object that begins so is an encrypted one. */
export const isSealed = (bytes: Uint8Array): boolean => MAGIC.equals(bytes.subarray(0, MAGIC.length))

/** How many plain bytes an encrypted object of this size has. */
export function plainSize(sealedSize: number): number {
  const body = Math.max(0, sealedSize - BEGINNING)
  return Math.max(0, body - TAG * Math.max(1, Math.ceil(body / SEALED_CHUNK)))
}

/** The chunk that a plain byte lies in, counted from 0. */
export const chunkAt = (position: number): number => Math.floor(position / CHUNK)

/** How many plain bytes come before a chunk. */
export const plainBefore = (chunk: number): number => chunk * CHUNK

/** Where the encrypted chunks from `first` to `last` lie. */
export const rangeOfChunks = (
  first: number,
  last: number,
): { readonly start: number; readonly end: number } => ({
  start: BEGINNING + first * SEALED_CHUNK,
  end: BEGINNING + (last + 1) * SEALED_CHUNK,
})

interface Vouched {
  readonly beginning: Uint8Array
  readonly name: string
  /** 0 is the beginning, chunks follow from 1 on. */
  readonly counter: number
}

const nonceOf = (counter: number) => {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(counter), 4)
  return nonce
}

/** The size in the beginning says how many chunks there are. JSON, for half of a surrogate pair has no UTF-8. */
const vouchedFor = ({ beginning, name }: Vouched) =>
  Buffer.concat([beginning.subarray(0, TAG_AT), Buffer.from(JSON.stringify(name), 'utf8')])

function encrypt(key: Uint8Array, plain: Uint8Array, vouched: Vouched): readonly Uint8Array[] {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(vouched.counter), { authTagLength: TAG })
  cipher.setAAD(vouchedFor(vouched))
  const sealed = cipher.update(plain)
  cipher.final()
  return [sealed, cipher.getAuthTag()]
}

function decrypt(key: Uint8Array, sealed: Uint8Array, vouched: Vouched): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(vouched.counter), { authTagLength: TAG })
  decipher.setAAD(vouchedFor(vouched))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG))
  decipher.final()
  return plain
}

const keyOfObject = (key: EncryptionKey, salt: Uint8Array) =>
  Buffer.from(hkdfSync('sha256', key.bytes, salt, 'anomstack sealed object 1', 32))

/** What follows each other, cut anew into chunks. */
function* cut(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(CHUNK)
  let filled = 0
  for (const part of parts)
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + CHUNK - filled)
      chunk.set(taken, filled)
      filled += taken.length
      at += taken.length
      if (filled < CHUNK) continue
      yield chunk
      chunk = Buffer.allocUnsafe(CHUNK)
      filled = 0
    }
  if (filled > 0) yield chunk.subarray(0, filled)
}

/** Encrypts an object for the name that it will have. */
export function seal(key: EncryptionKey, name: string, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const size = parts.reduce((sum, part) => sum + part.length, 0)
  const beginning = Buffer.alloc(BEGINNING)
  beginning.set(MAGIC)
  beginning.set(key.id, ID_AT)
  beginning.set(randomBytes(SIZE_AT - SALT_AT), SALT_AT)
  beginning.writeBigUInt64BE(BigInt(size), SIZE_AT)
  const own = keyOfObject(key, beginning.subarray(SALT_AT, SIZE_AT))
  const tag = encrypt(own, new Uint8Array(), { beginning, name, counter: 0 }).at(-1)!
  beginning.set(tag, TAG_AT)
  const sealed: Uint8Array[] = [beginning]
  let counter = 0
  for (const chunk of size === 0 ? [new Uint8Array()] : cut(parts))
    sealed.push(...encrypt(own, chunk, { beginning, name, counter: ++counter }))
  return sealed
}

/** An encrypted object whose beginning has been read and found genuine. */
export interface SealedObject {
  /** Of the plain bytes. */
  readonly size: number
  /** The plain bytes of the chunks from `first` to `last`, as far as there are so many; `sealed` begins with the first of them. Throws `STORAGE_FAILED`. */
  open(sealed: Uint8Array, first: number, last: number): Uint8Array
}

const failed = (name: string, problem: string) =>
  new AnomstackError('STORAGE_FAILED', `"${name}" ${problem}`, { retryable: false })

const damaged = (name: string) =>
  failed(name, 'was damaged, or changed by someone who has not the encryption key; train again, or roll back')

/** Reads the beginning of an encrypted object. Throws `STORAGE_FAILED` when it is not genuine, or of a key that is not given. */
export function openSealed(bytes: Uint8Array, name: string, keys: readonly EncryptionKey[]): SealedObject {
  const where = 'encryption_key (ANOMSTACK_MODEL_KEY) or encryption_key_file of the storage'
  if (keys.length === 0) throw failed(name, `is encrypted, and there is no key: set ${where}`)
  if (bytes.length < BEGINNING) throw failed(name, 'is encrypted, and cut off; train again, or roll back')
  const beginning = Buffer.from(bytes.subarray(0, BEGINNING))
  const id = beginning.subarray(ID_AT, SALT_AT)
  const key = keys.find((each) => id.equals(each.id))
  if (key === undefined)
    throw failed(
      name,
      `is encrypted with another key (${id.toString('hex')}): add it to ${where}, after the newest`,
    )
  const own = keyOfObject(key, beginning.subarray(SALT_AT, SIZE_AT))
  const opened = (sealed: Uint8Array, counter: number) => {
    try {
      return decrypt(own, sealed, { beginning, name, counter })
    } catch {
      throw damaged(name)
    }
  }
  opened(beginning.subarray(TAG_AT), 0)
  const size = Number(beginning.readBigUInt64BE(SIZE_AT))
  const total = chunksOf(size)
  return {
    size,
    open(sealed, first, last) {
      const plain: Uint8Array[] = []
      let at = 0
      for (let index = first; index <= Math.min(last, total - 1); index++) {
        const length = (index < total - 1 ? CHUNK : size - (total - 1) * CHUNK) + TAG
        if (at + length > sealed.length) throw damaged(name)
        plain.push(opened(sealed.subarray(at, at + length), index + 1))
        at += length
      }
      const whole = plain.length === 1 ? plain[0]! : Buffer.concat(plain)
      return new Uint8Array(whole.buffer, whole.byteOffset, whole.length)
    },
  }
}
