import type { Series } from '../core/series.ts'
import { parseFrequency } from '../timeseries/frequency.ts'
import type { PreprocessParams } from '../timeseries/preprocess.ts'
import { resampleWithGaps } from '../timeseries/resample.ts'

/** Resamples points as they come: `resampleWithGaps` in instalments. Only the points of the open bucket are kept. */
export interface Bucketer {
  /** The buckets that this point, being after them, closes; empty ones too. */
  push(timestamp: number, value: number): Series
  /** Closes the open bucket. */
  flush(): Series
}

const NOTHING: Series = { timestamps: new Float64Array(), values: new Float64Array() }

/** Undefined where nothing is resampled. */
export function createBucketer({ freq, freq_agg }: PreprocessParams): Bucketer | undefined {
  if (freq === null) return undefined
  const frequency = parseFrequency(freq)
  let timestamps: number[] = []
  let values: number[] = []
  let end = Number.NEGATIVE_INFINITY

  const resampled = () => {
    const points = { timestamps: Float64Array.from(timestamps), values: Float64Array.from(values) }
    timestamps = []
    values = []
    return resampleWithGaps(points, freq, freq_agg)
  }
  return {
    push(timestamp, value) {
      const closes = timestamps.length > 0 && timestamp >= end
      timestamps.push(timestamp)
      values.push(value)
      if (timestamps.length === 1) end = frequency.next(frequency.start(timestamp))
      if (!closes) return NOTHING
      const bins = resampled()
      timestamps.push(timestamp)
      values.push(value)
      end = frequency.next(frequency.start(timestamp))
      // The last bin is that of the new point, and stays open.
      return { timestamps: bins.timestamps.subarray(0, -1), values: bins.values.subarray(0, -1) }
    },
    flush: () => (timestamps.length === 0 ? NOTHING : resampled()),
  }
}
