import { crc32 } from 'node:zlib'
import { AnomstackError, locate } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Storage } from '../storages/storage.ts'
import { aligned } from './packed.ts'

/**
 * How a bundle begins:
 *
 *     "ANOMBNDL" · length of the header · CRC-32 of the header · header (JSON, UTF-8) · zeros to a multiple of 8
 *
 * Numbers are little-endian and 32 bits wide. The header's `format` says what follows.
 */
const MAGIC = Buffer.from('ANOMBNDL', 'latin1')
const PREFIX = 16
/** Read at once in the hope that the header ends within it. */
const FIRST_READ = 65_536

/** A bundle of which the header has been read. */
export interface BundleFile {
  readonly key: string
  readonly etag: string
  readonly header: { readonly format: number }
  /** Bytes of the header. */
  readonly headerSize: number
  /** Where it ends, with its padding. */
  readonly bodyAt: number
}

export function encodeHeader(
  header: { readonly format: number } & { readonly [key: string]: Json },
): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(header), 'utf8')
  const beginning = new Uint8Array(aligned(PREFIX + bytes.length))
  const view = new DataView(beginning.buffer)
  beginning.set(MAGIC)
  view.setUint32(8, bytes.length, true)
  view.setUint32(12, crc32(bytes), true)
  beginning.set(bytes, PREFIX)
  return beginning
}

export const damaged = (key: string, problem: string): AnomstackError =>
  new AnomstackError(
    'MODEL_INVALID',
    `the model bundle ${problem}; train again, or roll back to an older version`,
    { at: { file: key } },
  )

/** Undefined when there is no such object. Throws `MODEL_INVALID` when its header is damaged. */
export async function readBundleFile(storage: Storage, key: string): Promise<BundleFile | undefined> {
  const first = await storage.get(key, { start: 0, end: FIRST_READ })
  if (!first) return undefined
  const { bytes, etag } = first
  if (bytes.length < PREFIX) throw damaged(key, 'is cut off')
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw damaged(key, 'is not one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = PREFIX + view.getUint32(8, true)
  const whole = end <= bytes.length ? bytes : (await storage.get(key, { start: 0, end }))?.bytes
  const header = whole?.subarray(PREFIX, end)
  if (header?.length !== end - PREFIX) throw damaged(key, 'is cut off')
  if (crc32(header) !== view.getUint32(12, true))
    throw damaged(key, 'has a damaged header (its checksum differs)')
  try {
    const parsed = JSON.parse(Buffer.from(header).toString('utf8')) as BundleFile['header']
    return { key, etag, header: parsed, headerSize: header.length, bodyAt: aligned(end) }
  } catch (error) {
    throw locate(error, { file: key }, 'MODEL_INVALID')
  }
}

/** Thrown for what a later version of the program has written. */
export function unknownFormat({ key, header }: BundleFile): AnomstackError {
  return damaged(key, `has the format ${String(header.format)}, which this version cannot read`)
}
