import { BLOCK, createLevelBlocks } from './level-blocks.ts'
import { createNearest } from './nearest.ts'
import { type Past, REACH, SCALES } from './past.ts'

const NEIGHBOURS = 5
/** The newest points are like this one because they overlap with it. */
const SKIPPED = 24
/** A divisor of `BLOCK`. */
const EVERY = 3
/** The scales of which a glance at one or the other tells most levels apart: 1, 8 and 128 values. */
const [SHORT, MIDDLE, LONG] = [0, 3, SCALES - 1]
/** Sums in another order differ by rounding. */
const SLACK = 1 + 1e-9

/**
 * How far the levels of the last 1, 2, 4, … 128 values are from those at any time before: the mean distance to the nearest of them. Finds
 * what has never been at such a level, nor moved through levels like this.
 */
export function createLevelNovelty(past: Past): (means: Float32Array) => number {
  const nearest = createNearest(NEIGHBOURS)
  const blocks = createLevelBlocks(past)
  /** Positions, ascending. What was nearest the last time is likely to be near again, so that most others are too far at a glance. */
  const likely = new Float64Array(NEIGHBOURS)
  let likelyCount = 0

  /** Of no use when it is not below the limit. */
  function distanceAt(means: Float32Array, index: number, limit: number): number {
    let distance = 0
    for (let scale = LONG; scale >= 0 && distance < limit; scale--) {
      const difference = means[scale]! - past.means[scale]![index]!
      distance += difference * difference
    }
    return distance
  }

  /** A distance that the nearest are not beyond. */
  function bound(means: Float32Array, first: number, end: number): number {
    nearest.clear()
    let limit = Number.POSITIVE_INFINITY
    let last = first - 1
    for (let i = 0; i < likelyCount; i++)
      for (let position = likely[i]!; position <= likely[i]! + EVERY; position += EVERY)
        if (position > last && position < end) {
          limit = nearest.add(distanceAt(means, past.indexOf(position), Number.POSITIVE_INFINITY), position)
          last = position
        }
    return limit
  }

  /** Adds the levels from one position to another that are among the nearest; returns what the next must be below. */
  function search(means: Float32Array, from: number, to: number, below: number): number {
    let limit = below
    let far = limit * SLACK
    const past1 = past.means[SHORT]!
    const past8 = past.means[MIDDLE]!
    const past128 = past.means[LONG]!
    const over1 = means[SHORT]!
    const over8 = means[MIDDLE]!
    const over128 = means[LONG]!
    for (let position = from, index = past.indexOf(from); position < to; position += EVERY, index += EVERY) {
      const by128 = over128 - past128[index]!
      const by1 = over1 - past1[index]!
      const by8 = over8 - past8[index]!
      if (by1 * by1 + by8 * by8 + by128 * by128 >= far) continue
      const distance = distanceAt(means, index, limit)
      if (distance >= limit) continue
      limit = Math.min(limit, nearest.add(distance, position))
      far = limit * SLACK
    }
    return limit
  }

  function remember(): void {
    likelyCount = nearest.count
    for (let i = 0; i < likelyCount; i++) likely[i] = nearest.places[i]!
    likely.subarray(0, likelyCount).sort()
  }

  return (means) => {
    blocks.update()
    const first = Math.ceil(Math.max(0, past.length - REACH) / EVERY) * EVERY
    const end = past.length - SKIPPED
    let limit = bound(means, first, end) * SLACK
    nearest.clear()
    for (let position = first; position < end; ) {
      const next = Math.min(end, (Math.floor(position / BLOCK) + 1) * BLOCK)
      if (blocks.mayHold(position, means, limit * SLACK)) limit = search(means, position, next, limit)
      position = next
    }
    remember()
    return nearest.meanRoot()
  }
}
