import { readState, requireWidth } from '../checks.ts'
import { createShapes } from '../clustering/shape-distance.ts'
import type { Matrix, Model, ModelState } from '../detector.ts'
import { divideAmount } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { oldestFirst } from './windows.ts'
import { zNormalise } from './z-normalise.ts'

/**
 * A model whose scores are the shape-based distances of windows to the nearest of these centroids. The explanation divides this distance among the values by
 * the squares of their differences to the centroid, moved to where it is most like the window, when both are brought to length 1.
 */
export function createShapeModel(detector: string, centroids: Matrix): Model {
  const shapes = createShapes(centroids)
  const values = new Float64Array(centroids.columns)
  return {
    state: { centroids },
    score(data) {
      requireWidth(detector, data, centroids.columns)
      const scores = new Float64Array(data.rows)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, values)
        zNormalise(values)
        scores[row] = shapes.nearest(values).distance
      }
      return scores
    },
    explain(data) {
      requireWidth(detector, data, centroids.columns)
      const parts = new Float64Array(data.data.length)
      for (let row = 0; row < data.rows; row++) {
        oldestFirst(data, row, values)
        zNormalise(values)
        const { centroid, distance, lag } = shapes.nearest(values)
        const from = centroid * centroids.columns
        const shape = unit(centroids.data.subarray(from, from + centroids.columns))
        const differences = unit(values).map((value, j) => value - (shape[j - lag] ?? 0))
        divideAmount(EUCLIDEAN, differences, distance)
        parts.set(differences.reverse(), row * centroids.columns)
      }
      return parts
    },
  }
}

/** The values at length 1; zeros as they are. */
function unit(values: Float64Array): Float64Array {
  const length = Math.hypot(...values)
  return length > 0 ? values.map((value) => value / length) : values
}

/** The model of a state. */
export function restoreShapeModel(detector: string, state: ModelState): Model {
  const read = readState(detector, state)
  const centroids = read.matrix('centroids')
  read.require(
    centroids.rows > 0 && centroids.columns > 1 && centroids.data.every(Number.isFinite),
    'its centroids are not valid',
  )
  return createShapeModel(detector, centroids)
}
