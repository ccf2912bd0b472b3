/** A value for another thread, and the buffers to hand over with it. */
export interface Parcel<T> {
  readonly value: T
  readonly buffers: ArrayBuffer[]
}

const isPlain = (value: object) => Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype

/**
 * Makes every typed array in plain objects and arrays ready to be moved. With `keep` the sender goes on using its arrays, so each is copied;
 * otherwise only those are that show a part of a larger buffer.
 */
export function packParcel<T>(value: T, { keep }: { readonly keep: boolean }): Parcel<T> {
  const buffers = new Set<ArrayBuffer>()
  const copies = new Map<ArrayBufferView, ArrayBufferView>()

  const packArray = (array: Float64Array | Uint8Array): ArrayBufferView => {
    const known = copies.get(array)
    if (known) return known
    const whole = array.byteLength === array.buffer.byteLength && array.buffer instanceof ArrayBuffer
    const packed = keep || !whole ? array.slice() : array
    // What Buffer allocates from its pool is not ours to give away, even after `slice`.
    const own = packed.byteLength === packed.buffer.byteLength ? packed : new Uint8Array(packed)
    if (own.byteLength > 0) buffers.add(own.buffer as ArrayBuffer)
    copies.set(array, own)
    return own
  }
  const pack = (part: unknown): unknown => {
    if (part instanceof Float64Array || part instanceof Uint8Array) return packArray(part)
    if (typeof part !== 'object' || part === null || !isPlain(part)) return part
    if (Array.isArray(part)) return typeof part[0] === 'string' ? part : part.map(pack)
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, pack(each)]))
  }
  return { value: pack(value) as T, buffers: [...buffers] }
}
