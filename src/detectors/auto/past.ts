import type { Memory } from './memory.ts'

/** So many of the newest points may be compared with. */
export const REACH = 9000
/** The longest mean of which a point is judged. */
export const LONGEST = 128
/** Means over 1, 2, 4, … 128 points. */
export const SCALES = 8

const KEPT = 9216
const ROOM = 16_384

/** The newest values of a series, and their means over the last 1, 2, 4, … points. Positions count from the first value on; before it the series is taken to have stood still. */
export interface Past {
  /** How many values there have been. */
  readonly length: number
  /** Where a position is in the arrays below; those of the newest `KEPT` are there, and some before. */
  indexOf(position: number): number
  /** By scale: the mean over 2^scale values that ends there. The first are the values themselves. */
  readonly means: readonly Float64Array[]
  /** The means that there would be were `value` the next one. */
  next(value: number, means: Float64Array): void
  push(value: number): void
}

export function createPast(memory: Memory): Past {
  /** Position p is kept at p modulo the length. */
  const ring = memory.values(KEPT)
  const known = memory.numbers(1)
  // In a row and with room to grow, so that going through them is quick.
  const means = Array.from({ length: SCALES }, () => new Float64Array(ROOM))
  const newest = new Float64Array(SCALES)
  let first = 0

  const indexOf = (position: number) => position - first

  function next(value: number, into: Float64Array): void {
    let mean = Math.fround(value)
    into[0] = mean
    const index = known[0]! - first
    for (let scale = 1; scale < SCALES; scale++) {
      const half = means[scale - 1]![index - (1 << (scale - 1))]!
      mean = (mean + (known[0] === 0 ? mean : half)) / 2
      into[scale] = mean
    }
  }

  function append(value: number): void {
    if (known[0] === 0) standStill(value)
    if (known[0]! - first === ROOM) {
      for (const column of means) column.copyWithin(0, ROOM - KEPT)
      first += ROOM - KEPT
    }
    next(value, newest)
    for (let scale = 0; scale < SCALES; scale++) means[scale]![known[0]! - first] = newest[scale]!
    known[0]!++
  }

  /** As if it had been so for ever. */
  function standStill(value: number): void {
    first = known[0]! - (ROOM - KEPT)
    for (const column of means) column.fill(value, 0, ROOM - KEPT)
  }

  const length = known[0]!
  if (length > 0) {
    const oldest = Math.max(0, length - KEPT)
    known[0] = oldest
    standStill(ring[oldest % KEPT]!)
    for (let position = oldest; position < length; position++) append(ring[position % KEPT]!)
  }

  return {
    get length() {
      return known[0]!
    },
    indexOf,
    means,
    next,
    push(value) {
      ring[known[0]! % KEPT] = value
      append(ring[known[0]! % KEPT]!)
    },
  }
}
