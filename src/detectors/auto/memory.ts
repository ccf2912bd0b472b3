/** Where the parts of a model keep what they know, so that all of it can be kept and restored as three arrays. */
export interface Memory {
  /** Numbers of full precision, all 0 at first. */
  numbers(length: number): Float64Array
  /** Values of a series; half as large. */
  values(length: number): Float32Array
  /** Counts below 65,536. */
  counts(length: number): Uint16Array
  /** A copy. */
  state(): MemoryState
}

export interface MemoryState {
  readonly numbers: Float64Array
  readonly values: Float32Array
  readonly counts: Uint16Array
}

/** `state` is what was kept of a memory that the same parts had taken theirs from, in the same order. */
export function createMemory(state?: MemoryState): Memory {
  const taken = { numbers: 0, values: 0, counts: 0 }
  const parts: {
    numbers: Float64Array[]
    values: Float32Array[]
    counts: Uint16Array[]
  } = { numbers: [], values: [], counts: [] }

  return {
    numbers(length) {
      const part = new Float64Array(length)
      if (state !== undefined) part.set(state.numbers.subarray(taken.numbers, taken.numbers + length))
      taken.numbers += length
      parts.numbers.push(part)
      return part
    },
    values(length) {
      const part = new Float32Array(length)
      if (state !== undefined) part.set(state.values.subarray(taken.values, taken.values + length))
      taken.values += length
      parts.values.push(part)
      return part
    },
    counts(length) {
      const part = new Uint16Array(length)
      if (state !== undefined) part.set(state.counts.subarray(taken.counts, taken.counts + length))
      taken.counts += length
      parts.counts.push(part)
      return part
    },
    state() {
      const numbers = new Float64Array(taken.numbers)
      const values = new Float32Array(taken.values)
      const counts = new Uint16Array(taken.counts)
      let at = 0
      for (const part of parts.numbers) {
        numbers.set(part, at)
        at += part.length
      }
      at = 0
      for (const part of parts.values) {
        values.set(part, at)
        at += part.length
      }
      at = 0
      for (const part of parts.counts) {
        counts.set(part, at)
        at += part.length
      }
      return { numbers, values, counts }
    },
  }
}
