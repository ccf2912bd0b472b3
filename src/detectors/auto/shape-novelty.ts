import { createNearest } from './nearest.ts'
import type { Past } from './past.ts'

const LENGTH = 48
const LAGS = 3000
const NEIGHBOURS = 5
/** Sums are made afresh at every such position, so that rounding does not add up and a restored model has the same. */
const AFRESH = 256

export interface ShapeNovelty {
  /** Were `value` the next. */
  next(value: number): number
  /** After a value has been pushed. */
  pushed(): void
}

/**
 * How far the last 48 values are from any 48 before: the mean Euclidean distance to the nearest of them, as a matrix profile without
 * normalisation has it. Of each distance in time the squared distance of the two windows is kept and moved on with each value.
 */
export function createShapeNovelty(past: Past): ShapeNovelty {
  const nearest = createNearest(NEIGHBOURS)
  const values = past.means[0]!
  /** By lag: the squared distance of the windows that end at the newest value and at so many before it. */
  let sums = new Float64Array(LAGS + 1)
  let moved = new Float64Array(LAGS + 1)
  /** What `moved` is for: a value is mostly judged before it is pushed. */
  let movedBy = Number.NaN
  let movedTo = -1

  function makeAfresh(position: number): void {
    const newest = past.indexOf(position)
    for (let lag = LENGTH; lag <= LAGS; lag++) {
      let sum = 0
      for (let i = newest; i > newest - LENGTH; i--) {
        const difference = values[i]! - values[i - lag]!
        sum += difference * difference
      }
      sums[lag] = sum
    }
  }

  /** The sums after another value: at each lag a pair of values comes in, and one goes out. */
  function move(value: number, position: number): void {
    if (value === movedBy && position === movedTo) return
    movedBy = value
    movedTo = position
    const enters = past.indexOf(position)
    const leaves = enters - LENGTH
    const gone = values[leaves]!
    for (let lag = LENGTH; lag <= LAGS; lag++) {
      const more = value - values[enters - lag]!
      const less = gone - values[leaves - lag]!
      moved[lag] = sums[lag]! + more * more - less * less
    }
  }

  function moveOn(): void {
    const position = past.length - 1
    if (position % AFRESH === 0) {
      makeAfresh(position)
      return
    }
    moveTo(position)
  }

  function moveTo(position: number): void {
    move(values[past.indexOf(position)]!, position)
    ;[sums, moved] = [moved, sums]
    movedTo = -1
  }

  function restore(): void {
    const newest = past.length - 1
    if (newest < 0) return
    makeAfresh(newest - (newest % AFRESH))
    for (let position = newest - (newest % AFRESH) + 1; position <= newest; position++) moveTo(position)
  }

  restore()
  return {
    next(value) {
      nearest.clear()
      const position = past.length
      if (position === 0) return 0
      move(Math.fround(value), position)
      let limit = Number.POSITIVE_INFINITY
      const last = Math.min(LAGS, position)
      for (let lag = LENGTH + 1; lag <= last; lag++) {
        // Rounding may take more than there was.
        if (moved[lag]! < limit) limit = nearest.add(Math.max(0, moved[lag]!))
      }
      return nearest.meanRoot()
    },
    pushed: moveOn,
  }
}
