import { createNearest } from './nearest.ts'
import { type Past, REACH, SCALES } from './past.ts'

const NEIGHBOURS = 5
/** The newest points are like this one because they overlap with it. */
const SKIPPED = 24
const EVERY = 3

/**
 * How far the levels of the last 1, 2, 4, … 128 values are from those at any time before: the mean distance to the nearest of them. Finds
 * what has never been at such a level, nor moved through levels like this.
 */
export function createLevelNovelty(past: Past): (means: Float64Array) => number {
  const nearest = createNearest(NEIGHBOURS)
  // The longest first: they tell most levels apart, so that few candidates are looked at any further.
  const [past128, past64, past32] = [
    past.means[SCALES - 1]!,
    past.means[SCALES - 2]!,
    past.means[SCALES - 3]!,
  ]
  return (means) => {
    nearest.clear()
    const [over128, over64, over32] = [means[SCALES - 1]!, means[SCALES - 2]!, means[SCALES - 3]!]
    const first = Math.ceil(Math.max(0, past.length - REACH) / EVERY) * EVERY
    const end = past.indexOf(past.length - SKIPPED)
    let limit = Number.POSITIVE_INFINITY
    for (let index = past.indexOf(first); index < end; index += EVERY) {
      let distance = (over128 - past128[index]!) ** 2
      if (distance >= limit) continue
      distance += (over64 - past64[index]!) ** 2
      if (distance >= limit) continue
      distance += (over32 - past32[index]!) ** 2
      for (let scale = SCALES - 4; scale >= 0 && distance < limit; scale--) {
        const difference = means[scale]! - past.means[scale]![index]!
        distance += difference * difference
      }
      if (distance < limit) limit = nearest.add(distance)
    }
    return nearest.meanRoot()
  }
}
