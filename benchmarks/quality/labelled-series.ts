import type { Series } from '../../src/core/series.ts'

/** A stretch of time in which something was wrong: epoch milliseconds, both ends included. */
export interface LabelledWindow {
  readonly from: number
  readonly to: number
}

/** A series whose anomalies are known. */
export interface LabelledSeries {
  /** Unique in its set; the path of its file where it has one. */
  readonly name: string
  readonly group: string
  readonly series: Series
  /** In the order of time, apart from each other. */
  readonly windows: readonly LabelledWindow[]
}
