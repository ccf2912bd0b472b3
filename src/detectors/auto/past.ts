import type { Memory } from './memory.ts'

/** So many of the newest points may be compared with. */
export const REACH = 9000
/** The longest mean of which a point is judged. */
export const LONGEST = 128
/** Means over 1, 2, 4, … 128 points. */
export const SCALES = 8

const KEPT = 9216
/** Room for the first values, which is doubled until there is room for those kept and as many more as are moved away at once. */
const LEAST_ROOM = 512
const ROOM = LONGEST + KEPT + 1920

/** The newest values of a series, and their means over the last 1, 2, 4, … points. Positions count from the first value on; before it the series is taken to have stood still. */
export interface Past {
  /** How many values there have been. */
  readonly length: number
  /** Where a position is in the arrays below; those of the newest `KEPT` are there, and `LONGEST` before. */
  indexOf(position: number): number
  /** By scale: the mean over 2^scale values that ends there. The first are the values themselves. Other arrays after a push. */
  readonly means: readonly Float32Array[]
  /** The means that there would be were `value` the next one. */
  next(value: number, means: Float32Array): void
  push(value: number): void
}

export function createPast(memory: Memory): Past {
  /** Position p is kept at p modulo the length. */
  const ring = memory.values(KEPT)
  const known = memory.numbers(1)
  // In a row and with room to grow, so that going through them is quick.
  let room = LEAST_ROOM
  while (room < Math.min(ROOM, LONGEST + known[0]!)) room = Math.min(ROOM, room * 2)
  const means = Array.from({ length: SCALES }, () => new Float32Array(room))
  let first = 0

  const indexOf = (position: number) => position - first

  function next(value: number, into: Float32Array): void {
    let mean = Math.fround(value)
    into[0] = mean
    const index = known[0]! - first
    for (let scale = 1; scale < SCALES; scale++) {
      const half = means[scale - 1]![index - (1 << (scale - 1))]!
      mean = Math.fround((mean + (known[0] === 0 ? mean : half)) / 2)
      into[scale] = mean
    }
  }

  /** Takes the next values. All of one scale after the other, which is quick where they are many. */
  function append(values: Float32Array): void {
    if (known[0] === 0) standStill(values[0]!)
    while (known[0]! - first + values.length > room) makeRoom()
    const from = known[0]! - first
    const to = from + values.length
    means[0]!.set(values, from)
    for (let scale = 1; scale < SCALES; scale++) {
      const halves = means[scale - 1]!
      const into = means[scale]!
      const half = 1 << (scale - 1)
      for (let index = from; index < to; index++) into[index] = (halves[index]! + halves[index - half]!) / 2
    }
    known[0]! += values.length
  }

  function makeRoom(): void {
    if (room === ROOM) {
      const moved = ROOM - KEPT - LONGEST
      for (const column of means) column.copyWithin(0, moved)
      first += moved
      return
    }
    room = Math.min(ROOM, room * 2)
    means.forEach((column, scale) => {
      means[scale] = new Float32Array(room)
      means[scale].set(column)
    })
  }

  /** As if it had been so for ever. */
  function standStill(value: number): void {
    first = known[0]! - LONGEST
    for (const column of means) column.fill(value, 0, LONGEST)
  }

  const length = known[0]!
  if (length > 0) {
    const oldest = Math.max(0, length - KEPT)
    known[0] = oldest
    standStill(ring[oldest % KEPT]!)
    const turn = oldest % KEPT
    append(ring.slice(turn, turn + length - oldest))
    append(ring.slice(0, known[0] === length ? 0 : turn))
  }

  return {
    get length() {
      return known[0]!
    },
    indexOf,
    means,
    next,
    push(value) {
      const place = known[0]! % KEPT
      ring[place] = value
      append(ring.subarray(place, place + 1))
    },
  }
}
