import type { Scale } from './scale.ts'
import { at, type Numbers } from './series-chart.ts'
import { px } from './svg.ts'

/** Indices from `start` up to and without `end` that are drawn as one line. */
export interface Segment {
  readonly start: number
  readonly end: number
}

/** The time after which two neighbours are no longer joined: three times the distance that nine tenths of all neighbours keep. */
export function longestStep(timestamps: ArrayLike<number>): number {
  if (timestamps.length < 6) return Number.POSITIVE_INFINITY
  const steps = new Float64Array(timestamps.length - 1)
  for (let index = 0; index < steps.length; index++)
    steps[index] = timestamps[index + 1]! - timestamps[index]!
  steps.sort()
  return 3 * steps[Math.floor((steps.length - 1) * 0.9)]!
}

/** Runs of finite numbers without a hole in time. */
export function segmentsOf(
  timestamps: ArrayLike<number>,
  numbers: Numbers,
  longest: number,
): readonly Segment[] {
  const segments: Segment[] = []
  let start = -1
  for (let index = 0; index <= timestamps.length; index++) {
    const ends = index === timestamps.length || Number.isNaN(at(numbers, index))
    const hole = !ends && start >= 0 && timestamps[index]! - timestamps[index - 1]! > longest
    if ((ends || hole) && start >= 0) segments.push({ start, end: index })
    if (ends) start = -1
    else if (start < 0 || hole) start = index
  }
  return segments
}

export interface PathInput {
  readonly timestamps: ArrayLike<number>
  readonly numbers: Numbers
  readonly x: Scale
  readonly y: Scale
}

/** Path data of one segment. Of the points that share a pixel column only first, lowest, highest and last are kept: the picture is the
 * same as of all of them (M4, Jugel et al., VLDB 2014). */
export function linePath({ start, end }: Segment, { timestamps, numbers, x, y }: PathInput): string {
  let path = ''
  let index = start
  while (index < end) {
    const column = Math.floor(x(timestamps[index]!))
    let low = index
    let high = index
    let last = index
    while (last + 1 < end && Math.floor(x(timestamps[last + 1]!)) === column) {
      last++
      if (at(numbers, last) < at(numbers, low)) low = last
      if (at(numbers, last) > at(numbers, high)) high = last
    }
    const kept = [index, Math.min(low, high), Math.max(low, high), last]
    kept.forEach((point, position) => {
      if (position > 0 && point === kept[position - 1]) return
      path += `${path === '' ? 'M' : 'L'}${px(x(timestamps[point]!))} ${px(y(at(numbers, point)))}`
    })
    index = last + 1
  }
  return path
}

/** Path data of the closed area between two lines over one segment, one step per pixel column. */
export function bandPath(
  { start, end }: Segment,
  input: Omit<PathInput, 'numbers'> & { readonly lower: Numbers; readonly upper: Numbers },
): string {
  const { timestamps, lower, upper, x, y } = input
  let over = ''
  let under = ''
  let index = start
  while (index < end) {
    const column = Math.floor(x(timestamps[index]!))
    const position = px(x(timestamps[index]!))
    let low = at(lower, index)
    let high = at(upper, index)
    for (index++; index < end && Math.floor(x(timestamps[index]!)) === column; index++) {
      low = Math.min(low, at(lower, index))
      high = Math.max(high, at(upper, index))
    }
    over += `${over === '' ? 'M' : 'L'}${position} ${px(y(high))}`
    under = `L${position} ${px(y(low))}${under}`
  }
  return `${over}${under}Z`
}
