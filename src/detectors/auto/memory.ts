/** Where the parts of a model keep what they know, so that all of it can be kept and restored as three arrays. */
export interface Memory {
  /** Numbers of full precision, all 0 at first. */
  numbers(length: number): Float64Array
  /** Values of a series; half as large. */
  values(length: number): Float32Array
  /** Counts below 65,536. */
  counts(length: number): Uint16Array
  /** Whether the parts have taken exactly what was kept. */
  fits(): boolean
  /** A copy. */
  state(): MemoryState
}

export interface MemoryState {
  readonly numbers: Float64Array
  readonly values: Float32Array
  readonly counts: Uint16Array
}

type Kind = Float64Array | Float32Array | Uint16Array

/** `state` is what was kept of a memory that the same parts had taken theirs from, in the same order. */
export function createMemory(state?: MemoryState): Memory {
  const numbers = createShelf(Float64Array, state?.numbers)
  const values = createShelf(Float32Array, state?.values)
  const counts = createShelf(Uint16Array, state?.counts)
  return {
    numbers: numbers.take,
    values: values.take,
    counts: counts.take,
    fits: () => numbers.fits() && values.fits() && counts.fits(),
    state: () => ({ numbers: numbers.all(), values: values.all(), counts: counts.all() }),
  }
}

/** Arrays of one kind, taken one after the other. */
function createShelf<Array extends Kind>(create: new (length: number) => Array, kept: Array | undefined) {
  const parts: Array[] = []
  let taken = 0
  return {
    take(length: number): Array {
      const part = new create(length)
      if (kept !== undefined) part.set(kept.subarray(taken, taken + length))
      taken += length
      parts.push(part)
      return part
    },
    fits: () => kept === undefined || kept.length === taken,
    all(): Array {
      const joined = new create(taken)
      let at = 0
      for (const part of parts) {
        joined.set(part, at)
        at += part.length
      }
      return joined
    },
  }
}
