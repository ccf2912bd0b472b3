/** Bytes that memory is added by. */
export const PAGE = 65_536

export interface Memory {
  readonly buffer: ArrayBuffer
  /** Adds pages; views of the buffer are views of nothing then. Returns how many there were. */
  grow(pages: number): number
}

/** Makes room for so many bytes, unless there is. */
export function growTo(memory: Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
}
