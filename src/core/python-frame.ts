/** A message to or from a Python process: a header of plain JSON, and numbers that would be slow as text. */
export interface PythonFrame {
  readonly header: unknown
  /** 64-bit floats, little-endian, in an order that the header tells. */
  readonly body: Uint8Array
}

/** Two 64-bit lengths, of header and body, come first. */
const LENGTHS = 16

/** The bytes of a message: lengths, the header padded with spaces to a multiple of 8, the arrays one after the other. */
export function encodeFrame(header: unknown, arrays: readonly Float64Array[] = []): Buffer {
  const text = Buffer.from(JSON.stringify(header), 'utf8')
  const padding = Buffer.alloc(-text.length & 7, ' ')
  const parts = arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))
  const lengths = Buffer.alloc(LENGTHS)
  lengths.writeBigUInt64LE(BigInt(text.length + padding.length), 0)
  lengths.writeBigUInt64LE(BigInt(parts.reduce((sum, part) => sum + part.length, 0)), 8)
  return Buffer.concat([lengths, text, padding, ...parts])
}

/** Takes bytes as they come and passes on each message once it is whole. Throws what `JSON.parse` throws for what is none. */
export function createFrameReader(take: (frame: PythonFrame) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let held = 0
  let wanted = LENGTHS
  return (chunk) => {
    chunks.push(chunk)
    held += chunk.length
    while (held >= wanted) {
      const bytes = Buffer.concat(chunks)
      const header = Number(bytes.readBigUInt64LE(0))
      const end = LENGTHS + header + Number(bytes.readBigUInt64LE(8))
      chunks = [bytes]
      wanted = end
      if (held < end) return
      const body = bytes.subarray(LENGTHS + header, end)
      chunks = [bytes.subarray(end)]
      held -= end
      wanted = LENGTHS
      take({ header: JSON.parse(bytes.toString('utf8', LENGTHS, LENGTHS + header)), body })
    }
  }
}

/** So many numbers of a body, from the number at `start` on. Throws `RangeError` when it does not hold as many. */
export function floatsAt(body: Uint8Array, start: number, count: number): Float64Array {
  if (!(start >= 0 && count >= 0 && (start + count) * 8 <= body.length))
    throw new RangeError('the body of the message is too short')
  // Copied: the body may begin at any address.
  return new Float64Array(new Uint8Array(body.subarray(start * 8, (start + count) * 8)).buffer)
}
