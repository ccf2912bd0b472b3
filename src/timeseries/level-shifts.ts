import type { Series } from '../core/series.ts'
import { bucketMedians } from './bucket-medians.ts'
import { medianOf } from './quantile.ts'
import { robustSpread } from './robust-spread.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY
const BUCKETS = 400
/** A level lasts at least so many buckets. */
const LEAST = 5
/** In spreads of so many buckets on each side around their levels: further away there may be other levels. */
const LEAST_SIZE = 6
const NEAR = 15
/** Most of the change happens at once; a trend has only a part of it there. */
const ABRUPT = 0.6
/** Two levels must fit so much better than one, as a share of the summed distances: not much, where there are three. */
const BETTER = 0.85
const MOST = 10

/** A lasting change of the level. */
export interface LevelShift {
  /** Start of the first bucket after it, UTC epoch ms; buckets are whole days or weeks where there are enough. */
  readonly at: number
  readonly from: number
  readonly to: number
  /** In robust spreads around the levels, signed. */
  readonly size: number
}

/** Lasting changes of the level of a series, ascending in time; `step` in ms. Binary segmentation (Scott and Knott, 1974) of medians of whole days or weeks, in which seasons cancel. */
export function levelShiftsOf(series: Series, step: number): readonly LevelShift[] {
  const { timestamps } = series
  const count = timestamps.length
  if (count < 2 * LEAST) return []
  const span = timestamps[count - 1]! - timestamps[0]!
  const buckets = bucketMedians(series, bucketLength(span, step))
  const { values } = buckets
  const splits = split(values, 0, values.length).sort((a, b) => a - b)
  if (splits.length === 0) return []
  const bounds = [0, ...splits, values.length]
  return splits.map((at, index) => {
    const before = values.subarray(bounds[index], at)
    const after = values.subarray(at, bounds[index + 2])
    const [from, to] = [medianOf(before), medianOf(after)]
    return { at: buckets.timestamps[at]!, from, to, size: (to - from) / spreadAround(before, after) }
  })
}

function bucketLength(span: number, step: number): number {
  const whole = (unit: number) => Math.max(unit, Math.ceil(span / BUCKETS / unit) * unit)
  if (step < DAY / 2 && span >= 2 * LEAST * DAY) return whole(DAY)
  if (step <= DAY * 1.1 && step >= DAY / 2 && span >= 2 * LEAST * WEEK) return whole(WEEK)
  return whole(step)
}

/** Spread of the values around the medians of the two parts. */
function spreadAround(before: Float64Array, after: Float64Array): number {
  const rest = new Float64Array(before.length + after.length)
  const [from, to] = [medianOf(before), medianOf(after)]
  rest.set(before.map((value) => value - from))
  rest.set(
    after.map((value) => value - to),
    before.length,
  )
  // Levels without any noise are told apart by anything.
  return robustSpread(rest) || Math.abs(to - from) / 100 || 1
}

function split(values: Float64Array, begin: number, end: number, left = MOST): number[] {
  const at = bestSplit(values, begin, end)
  if (at === undefined || left === 0) return []
  return [at, ...split(values, begin, at, left - 1), ...split(values, at, end, left - 1)].slice(0, left)
}

/** Where two levels fit best, if they fit better than one does and the change is abrupt. */
function bestSplit(values: Float64Array, begin: number, end: number): number | undefined {
  if (end - begin < 2 * LEAST) return undefined
  const sums = new Float64Array(end - begin + 1)
  for (let i = begin; i < end; i++) sums[i - begin + 1] = sums[i - begin]! + values[i]!
  const length = end - begin
  let best = 0
  let most = 0
  for (let at = LEAST; at <= length - LEAST; at++) {
    const difference = sums[at]! / at - (sums[length]! - sums[at]!) / (length - at)
    const gain = Math.abs(difference) * Math.sqrt((at * (length - at)) / length)
    if (gain > most) {
      most = gain
      best = at
    }
  }
  if (most === 0) return undefined
  const at = begin + best
  const before = values.subarray(begin, at)
  const after = values.subarray(at, end)
  const change = medianOf(after) - medianOf(before)
  const here = medianOf(after.subarray(0, LEAST)) - medianOf(before.subarray(-LEAST))
  const accepted =
    Math.abs(here) >= LEAST_SIZE * spreadAround(before.subarray(-NEAR), after.subarray(0, NEAR)) &&
    here * Math.sign(change) >= ABRUPT * Math.abs(change) &&
    distances(before) + distances(after) <= BETTER * distances(values.subarray(begin, end))
  return accepted ? at : undefined
}

function distances(values: Float64Array): number {
  const centre = medianOf(values)
  return values.reduce((sum, value) => sum + Math.abs(value - centre), 0)
}
