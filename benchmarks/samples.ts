import { createRandom, hashText } from '../src/core/random.ts'
import type { Series } from '../src/core/series.ts'
import type { ModelSpec } from '../src/models/model-spec.ts'

const MINUTE = 60_000
export const STEP = 5 * MINUTE
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

/** A seasonal series with noise and some spikes, of its own for each name. */
export function makeSeries(name: string, points: number): Series {
  const random = createRandom(hashText(name))
  const timestamps = new Float64Array(points)
  const values = new Float64Array(points)
  let level = 100 + random.int(1000)
  for (let i = 0; i < points; i++) {
    level += random.next() - 0.5
    timestamps[i] = START + i * STEP
    const noise = random.next() + random.next() + random.next() - 1.5
    const spike = random.next() < 0.002 ? 50 : 0
    values[i] = Math.round((level + 20 * Math.sin((i / 288) * 2 * Math.PI) + 4 * noise + spike) * 1e4) / 1e4
  }
  return { timestamps, values }
}

export function newest({ timestamps, values }: Series, count: number): Series {
  return { timestamps: timestamps.slice(-count), values: values.slice(-count) }
}
