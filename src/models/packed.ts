import { crc32 } from 'node:zlib'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'

/**
 * A JSON header and raw bytes in one object, with a checksum over both:
 *
 *     magic (4 bytes) · CRC-32 of all that follows · length of the header · 0 · header (UTF-8) · zeros to a multiple of 8 · bytes
 *
 * All numbers are little-endian and 32 bits wide.
 */
const PREFIX = 16

/** The next multiple of 8. */
export const aligned = (length: number) => Math.ceil(length / 8) * 8

/** Parts one after the other, each beginning at a multiple of 8. */
export function joinAligned(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + aligned(part.length), 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += aligned(part.length)
  }
  return bytes
}

/** `magic` is four ASCII characters. */
export function pack(magic: string, header: Json, body: Uint8Array): Uint8Array {
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8')
  const bodyAt = aligned(PREFIX + headerBytes.length)
  const bytes = new Uint8Array(bodyAt + body.length)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(magic, 'latin1'), 0)
  view.setUint32(8, headerBytes.length, true)
  bytes.set(headerBytes, PREFIX)
  bytes.set(body, bodyAt)
  view.setUint32(4, crc32(bytes.subarray(8)), true)
  return bytes
}

/** Throws `MODEL_INVALID` when a byte is not as it was packed. */
export function unpack(
  magic: string,
  bytes: Uint8Array,
): { readonly header: Json; readonly body: Uint8Array } {
  const damaged = (problem: string) =>
    new AnomstackError('MODEL_INVALID', `the stored model ${problem}; train again`)
  if (bytes.length < PREFIX) throw damaged('is cut off')
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== magic) throw damaged('is of another format')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (crc32(bytes.subarray(8)) !== view.getUint32(4, true)) throw damaged('is damaged (its checksum differs)')
  const headerLength = view.getUint32(8, true)
  if (PREFIX + headerLength > bytes.length) throw damaged('is cut off')
  const header = JSON.parse(
    Buffer.from(bytes.subarray(PREFIX, PREFIX + headerLength)).toString('utf8'),
  ) as Json
  return { header, body: bytes.subarray(aligned(PREFIX + headerLength)) }
}
