/** The same bytes in pieces of `size`, the last one shorter. */
export function* gathered(parts: readonly Uint8Array[], size: number): Generator<Buffer> {
  let some: Uint8Array[] = []
  let length = 0
  for (const part of parts)
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + size - length)
      some.push(taken)
      length += taken.length
      at += taken.length
      if (length < size) continue
      yield Buffer.concat(some)
      some = []
      length = 0
    }
  if (length > 0) yield Buffer.concat(some)
}
