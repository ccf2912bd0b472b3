import type { PreprocessParams } from '../timeseries/preprocess.ts'

/** Makes the row of each point as it comes: as `preprocess` without a `freq`, bit for bit, without going over the points before. */
export interface NewestRow {
  /** The row of the point pushed last; used again for the next. */
  readonly data: Float64Array
  /** `values` ends with the new point and holds the `diff_n + smooth_n` before it, where there are so many. False where the row reaches before the start or over a gap. */
  push(values: Float64Array): boolean
}

/** At the start of a series. */
export function createNewestRow({ diff_n, smooth_n, lags_n }: PreprocessParams): NewestRow {
  const data = new Float64Array(lags_n + 1)
  const width = Math.max(1, smooth_n)
  let complete = 0

  const differenceAt = (values: Float64Array, index: number) =>
    diff_n === 0
      ? (values[index] ?? Number.NaN)
      : (values[index] ?? Number.NaN) - (values[index - diff_n] ?? Number.NaN)

  const smoothed = (values: Float64Array) => {
    const last = values.length - 1
    if (width === 1) return differenceAt(values, last)
    let sum = 0
    for (let index = last - width + 1; index <= last; index++) sum += differenceAt(values, index)
    return sum / width
  }
  return {
    data,
    push(values) {
      data.copyWithin(1, 0)
      data[0] = smoothed(values)
      complete = Number.isFinite(data[0]) ? complete + 1 : 0
      return complete > lags_n
    },
  }
}
