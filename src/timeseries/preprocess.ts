import type { Series } from '../core/series.ts'
import type { Features } from './features.ts'
import { resampleWithGaps } from './resample.ts'

/** The original's preprocessing parameters, see `config/batch-settings.ts` for their defaults. */
export interface PreprocessParams {
  readonly diff_n: number
  readonly smooth_n: number
  readonly lags_n: number
  readonly freq: string | null
  readonly freq_agg: 'mean' | 'sum'
}

/** How many points at the start of a series get no row. */
export function warmup({ diff_n, smooth_n, lags_n }: PreprocessParams): number {
  return diff_n + Math.max(smooth_n - 1, 0) + lags_n
}

/**
 * A series as rows: resampled, x[t] - x[t - diff_n], the trailing mean of smooth_n, and beside it the
 * lags_n values before. A row that reaches before the start,
 * or over an empty bin, is left out. Rows stay in the order of time, and each depends on its own `warmup +
 * 1` points alone, bit for bit, whatever stands around
 * them: a window of a series gives the same rows as the whole of it.
 */
export function preprocess(series: Series, params: PreprocessParams): Features {
  const { diff_n, smooth_n, lags_n, freq, freq_agg } = params
  const { timestamps, values } = freq === null ? series : resampleWithGaps(series, freq, freq_agg)
  const smooth = trailingMean(difference(values, diff_n), smooth_n)
  const columns = lags_n + 1
  const first = warmup(params)
  const most = Math.max(0, smooth.length - first)
  const data = new Float64Array(most * columns)
  const times = new Float64Array(most)
  let rows = 0
  let complete = 0
  for (let t = first - lags_n; t < smooth.length; t++) {
    complete = Number.isFinite(smooth[t]) ? complete + 1 : 0
    if (complete < columns) continue
    times[rows] = timestamps[t]!
    for (let lag = 0; lag < columns; lag++) data[rows * columns + lag] = smooth[t - lag]!
    rows++
  }
  return {
    timestamps: times.subarray(0, rows),
    data: data.subarray(0, rows * columns),
    columns,
    names: ['metric_value', ...Array.from({ length: lags_n }, (_, lag) => `lag_${lag + 1}`)],
  }
}

/** x[t] - x[t - distance]; NaN where there is no such point. The values themselves for distance 0. */
function difference(values: Float64Array, distance: number): Float64Array {
  if (distance === 0) return values
  const result = new Float64Array(values.length).fill(Number.NaN)
  for (let t = distance; t < values.length; t++) result[t] = values[t]! - values[t - distance]!
  return result
}

/** Mean of the last `window` values; NaN until there are so many, and where one of them is NaN. */
function trailingMean(values: Float64Array, window: number): Float64Array {
  if (window <= 1) return values
  const result = new Float64Array(values.length).fill(Number.NaN)
  // Summed anew for every point: a running sum drifts, and would depend on where the series starts.
  for (let t = window - 1; t < values.length; t++) {
    let sum = 0
    for (let i = t - window + 1; i <= t; i++) sum += values[i]!
    result[t] = sum / window
  }
  return result
}
