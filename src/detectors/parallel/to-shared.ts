type Shareable = Float64Array | Int32Array | Int16Array

/** The same plain data with its typed arrays in memory that threads can share: each is copied there once, unless it is there already. */
export function toShared<Value>(value: Value): Value {
  const copies = new Map<Shareable, Shareable>()
  const shared = (part: unknown): unknown => {
    if (part instanceof Float64Array || part instanceof Int32Array || part instanceof Int16Array) {
      const copy = copies.get(part) ?? sharedOf(part)
      copies.set(part, copy)
      return copy
    }
    if (Array.isArray(part)) return part.map(shared)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, shared(inner)]))
  }
  return shared(value) as Value
}

function sharedOf(array: Shareable): Shareable {
  if (array.buffer instanceof SharedArrayBuffer) return array
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => Shareable
  const copy = new Kind(new SharedArrayBuffer(array.byteLength))
  copy.set(array)
  return copy
}
