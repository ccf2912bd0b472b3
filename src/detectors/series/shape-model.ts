import { readState, requireWidth } from '../checks.ts'
import { createShapes } from '../clustering/shape-distance.ts'
import type { Matrix, Model, ModelState } from '../detector.ts'
import { oldestFirst } from './windows.ts'
import { zNormalise } from './z-normalise.ts'

/** A model whose scores are the shape-based distances of windows to the nearest of these centroids. */
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
  }
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
