import { createNearest } from './nearest.ts'
import type { Past } from './past.ts'

const LENGTH = 48
const LAGS = 3000
const NEIGHBOURS = 5
/** Sums are made afresh at every such position, so that rounding does not add up and a restored model has the same. */
const AFRESH = 128

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
  /** By lag, as far as there are values: the squared distance of the windows that end at the newest value and at so many before it. */
  let sums = new Float64Array(LAGS + 1)
  let moved = new Float64Array(LAGS + 1)
  /** What `moved` is for: a value is mostly judged before it is pushed. */
  let movedBy = Number.NaN
  let movedTo = -1

  const longestLag = (position: number) => Math.min(LAGS, position)

  function makeAfresh(position: number, from = LENGTH): void {
    const values = past.means[0]!
    const newest = past.indexOf(position)
    const into = sums
    const last = longestLag(position)
    for (let lag = from; lag <= last; lag++) {
      let sum = 0
      for (let i = newest; i > newest - LENGTH; i--) {
        const difference = values[i]! - values[i - lag]!
        sum += difference * difference
      }
      into[lag] = sum
    }
  }

  /** The sums after another value: at each lag a pair of values comes in, and one goes out. Not of a lag that there was no value for. */
  function move(value: number, position: number): void {
    if (value === movedBy && position === movedTo) return
    movedBy = value
    movedTo = position
    const values = past.means[0]!
    const enters = past.indexOf(position)
    const leaves = enters - LENGTH
    const gone = values[leaves]!
    const before = sums
    const after = moved
    const last = longestLag(position - 1)
    for (let lag = LENGTH; lag <= last; lag++) {
      const more = value - values[enters - lag]!
      const less = gone - values[leaves - lag]!
      after[lag] = before[lag]! + more * more - less * less
    }
  }

  /** The newest value is at a position after that of the sums. */
  function moveTo(position: number): void {
    if (position % AFRESH === 0) {
      makeAfresh(position)
      return
    }
    move(past.means[0]![past.indexOf(position)]!, position)
    ;[sums, moved] = [moved, sums]
    movedTo = -1
    if (position >= LENGTH && position <= LAGS) makeAfresh(position, position)
  }

  function restore(): void {
    const newest = past.length - 1
    if (newest < 0) return
    const afresh = newest - (newest % AFRESH)
    for (let position = afresh; position <= newest; position++) moveTo(position)
  }

  restore()
  return {
    next(value) {
      nearest.clear()
      const position = past.length
      if (position === 0) return 0
      move(Math.fround(value), position)
      let limit = Number.POSITIVE_INFINITY
      const last = longestLag(position - 1)
      const all = moved
      for (let lag = LENGTH + 1; lag <= last; lag++) {
        // Rounding may take more than there was.
        if (all[lag]! < limit) limit = nearest.add(Math.max(0, all[lag]!))
      }
      return nearest.meanRoot()
    },
    pushed: () => moveTo(past.length - 1),
  }
}
