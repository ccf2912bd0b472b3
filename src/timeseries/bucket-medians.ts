import type { Series } from '../core/series.ts'
import { medianOf } from './quantile.ts'

/** The median of the values in each bucket of so many ms, with the start of the bucket; empty buckets are left out. */
export function bucketMedians({ timestamps, values }: Series, length: number): Series {
  const starts: number[] = []
  const medians: number[] = []
  for (let begin = 0; begin < timestamps.length; ) {
    const bucket = Math.floor(timestamps[begin]! / length)
    let end = begin + 1
    while (end < timestamps.length && Math.floor(timestamps[end]! / length) === bucket) end++
    starts.push(bucket * length)
    medians.push(medianOf(values.subarray(begin, end)))
    begin = end
  }
  return { timestamps: Float64Array.from(starts), values: Float64Array.from(medians) }
}
