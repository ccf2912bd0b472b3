import { createNearest } from './nearest.ts'
import { LONGEST, type Past, REACH } from './past.ts'

const DAYS = 28
const NEIGHBOURS = 3
/** Means over 2, 8, 32 and 128 values. */
const SCALES = [7, 5, 3, 1] as const
/** What comes a little earlier or later than usual is at its usual time, as a share of the day. */
const TOLERANCE = 0.02

/**
 * How far the levels of the last 2, 8, 32 and 128 values are from those at this time of other days: the mean distance to the nearest of
 * them. Finds what is usual, but not now. NaN where a day before is not known, or does not consist of some points.
 */
export function createCalendarNovelty(past: Past): (means: Float32Array, day: number) => number {
  const days = createNearest(NEIGHBOURS)

  /** Of no use when it is not below the limit. */
  function distanceAt(means: Float32Array, index: number, limit: number): number {
    let distance = 0
    for (let i = 0; i < SCALES.length && distance < limit; i++) {
      const scale = SCALES[i]!
      const difference = means[scale]! - past.means[scale]![index]!
      distance += difference * difference
    }
    return distance
  }

  /** The least distance at indices from one to another that is below the limit, or this. */
  function leastBetween(means: Float32Array, from: number, to: number, limit: number): number {
    const longest = past.means[SCALES[0]]!
    const over = means[SCALES[0]]!
    let least = limit
    for (let index = from; index <= to; index++) {
      // At a glance.
      const difference = over - longest[index]!
      if (difference * difference < least) least = Math.min(least, distanceAt(means, index, least))
    }
    return least
  }

  return (means, day) => {
    const around = Math.max(1, Math.round(day * TOLERANCE))
    const oldest = Math.max(0, past.length - REACH + LONGEST)
    if (day < 4 || past.length - day - around < oldest) return Number.NaN
    days.clear()
    let limit = Number.POSITIVE_INFINITY
    for (let back = 1; back <= DAYS; back++) {
      const centre = past.length - back * day
      if (centre - around < oldest) break
      const last = past.indexOf(Math.min(centre + around, past.length - 1))
      limit = days.add(leastBetween(means, past.indexOf(centre - around), last, limit))
    }
    return days.meanRoot()
  }
}
