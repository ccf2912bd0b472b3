import type { BatchSettings } from '../config/batch-settings.ts'
import type { SearchSpace } from '../models/search/search-space.ts'

/** What is tried where a batch names nothing: detectors that find different things, with the values that are worth trying. */
const SELECTION: SearchSpace['detectors'] = [
  { name: 'KNN', params: { n_neighbors: [3, 5, 10], method: ['largest', 'mean'] } },
  { name: 'PCA', params: { n_components: [null, 0.9] } },
  { name: 'IForest', params: { max_features: [1, 0.6] } },
  { name: 'LOF', params: { n_neighbors: [10, 20] } },
  { name: 'ECOD', params: {} },
  { name: 'HBOS', params: { n_bins: [10, 20] } },
  { name: 'MCD', params: {} },
  { name: 'SeasonalRobustZ', params: { period: [7, 24] } },
  { name: 'POLY', params: {} },
]

/** What the search of a batch chooses from. */
export function searchSpaceOf({
  model_search: search,
  model_combination_method,
}: BatchSettings): SearchSpace {
  const { detectors, together, diff_n, smooth_n, lags_n } = search
  const combination = [...new Set([model_combination_method, 'mean', 'max'] as const)]
  return {
    detectors:
      detectors.length === 0
        ? SELECTION
        : detectors.map(({ model_name: name, model_params: params }) => ({ name, params })),
    preprocess: { diff_n, smooth_n, lags_n },
    combination,
    together,
  }
}
