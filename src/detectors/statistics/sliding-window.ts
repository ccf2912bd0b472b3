import { medianOfSorted } from './median.ts'

/** The last values of a series, and what is usual among them. */
export interface SlidingWindow {
  /** Lets go of the oldest value when full. */
  push(value: number): void
  /** NaN when empty, as the other two are. */
  median(): number
  /** The median distance to the median. */
  medianDeviation(): number
  /** The mean distance to `centre`. */
  meanDeviation(centre: number): number
  /** Oldest first; a copy. */
  values(): Float64Array
}

/**
 * The window of at most `size` values that had been pushed oldest first. A push takes a binary search and one move of memory. The distance
 * between any two values must be finite.
 */
export function createSlidingWindow(size: number, pushed: ArrayLike<number> = []): SlidingWindow {
  const ring = new Float64Array(size)
  const sorted = new Float64Array(size)
  let count = 0
  let next = 0

  /** How many of the sorted values are less. */
  const placeOf = (value: number): number => {
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
  const push = (value: number): void => {
    if (count === size) {
      const gone = placeOf(ring[next]!)
      sorted.copyWithin(gone, gone + 1, count--)
    }
    const place = placeOf(value)
    sorted.copyWithin(place + 1, place, count++)
    sorted[place] = value
    ring[next] = value
    next = (next + 1) % size
  }
  const median = (): number => medianOfSorted(sorted.subarray(0, count))
  for (let i = 0; i < pushed.length; i++) push(pushed[i]!)

  return {
    push,
    median,
    medianDeviation() {
      const centre = median()
      // Outwards from the centre the distances come in ascending order, from whichever side is nearer.
      let above = placeOf(centre)
      let below = above - 1
      let last = Number.NaN
      let before = Number.NaN
      for (let taken = 0; taken <= count >> 1 && taken < count; taken++) {
        before = last
        const left = below >= 0 ? centre - sorted[below]! : Number.POSITIVE_INFINITY
        const right = above < count ? sorted[above]! - centre : Number.POSITIVE_INFINITY
        if (left <= right) {
          last = left
          below--
        } else {
          last = right
          above++
        }
      }
      return count % 2 === 1 ? last : (before + last) / 2
    },
    meanDeviation(centre) {
      let mean = count === 0 ? Number.NaN : 0
      for (let i = 0; i < count; i++) mean += Math.abs(sorted[i]! - centre) / count
      return mean
    },
    values() {
      const oldest = count === size ? next : 0
      return Float64Array.from({ length: count }, (_, i) => ring[(oldest + i) % size]!)
    },
  }
}
