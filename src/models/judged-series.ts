import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import { type PreprocessParams, preprocess } from '../timeseries/preprocess.ts'
import { resampleWithGaps } from '../timeseries/resample.ts'

/** The points that are judged: those of the series or, with a `freq`, its bins, of which an empty one is NaN. */
export function judgedSeries(series: Series, { freq, freq_agg }: PreprocessParams): Series {
  return freq === null ? series : resampleWithGaps(series, freq, freq_agg)
}

/** The rows of a judged series: as `preprocess`, without resampling once more. */
export function rowsOf(judged: Series, params: PreprocessParams): Features {
  return preprocess(judged, { ...params, freq: null })
}
