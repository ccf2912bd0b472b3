import type { Series } from '../core/series.ts'

/** The newest points of a stream, in constant memory. */
export interface PointWindow {
  push(timestamp: number, value: number): void
  /** The newest `count` points at most, without those older than `maxAgeMs` before the newest. A view, valid until the next push. */
  newest(count: number, maxAgeMs?: number): Series
}

/** Holds the newest `capacity` points at least. */
export function createPointWindow(capacity: number): PointWindow {
  // Twice the room, so that points are moved to the front only once in `capacity` pushes and always stand in one piece.
  const timestamps = new Float64Array(capacity * 2)
  const values = new Float64Array(capacity * 2)
  let end = 0
  return {
    push(timestamp, value) {
      if (end === timestamps.length) {
        timestamps.copyWithin(0, end - capacity)
        values.copyWithin(0, end - capacity)
        end = capacity
      }
      timestamps[end] = timestamp
      values[end++] = value
    },
    newest(count, maxAgeMs = Number.POSITIVE_INFINITY) {
      let begin = Math.max(0, end - count)
      const oldest = end === 0 ? 0 : timestamps[end - 1]! - maxAgeMs
      while (begin < end && timestamps[begin]! < oldest) begin++
      return { timestamps: timestamps.subarray(begin, end), values: values.subarray(begin, end) }
    },
  }
}
