import { createRandom } from '../../src/core/random.ts'
import type { Series } from '../../src/core/series.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'

export const MINUTE = 60_000
export const START = Date.UTC(2026, 0, 1)

/** The defaults of a batch. */
export const defaultSpec: ModelSpec = {
  detectors: [
    { name: 'PCA', tag: 'pca_default', params: { contamination: 0.01 } },
    { name: 'KNN', tag: 'knn_default', params: { contamination: 0.01 } },
  ],
  combination: 'mean',
  preprocess: { diff_n: 1, smooth_n: 3, lags_n: 5, freq: null, freq_agg: 'mean' },
  minPoints: 14,
  scoreRounding: 4,
  seed: 0,
}

/** A noisy seasonal series, one point every five minutes. */
export function makeSeries(points: number, seed = 1): Series {
  const random = createRandom(seed)
  return {
    timestamps: Float64Array.from({ length: points }, (_, i) => START + i * 5 * MINUTE),
    values: Float64Array.from(
      { length: points },
      (_, i) => 100 + 10 * Math.sin(i / 40) + random.next() + random.next(),
    ),
  }
}

export function slice({ timestamps, values }: Series, begin: number, end?: number): Series {
  return { timestamps: timestamps.slice(begin, end), values: values.slice(begin, end) }
}
