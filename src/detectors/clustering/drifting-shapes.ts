import type { Matrix } from '../detector.ts'
import { type NormalisedWindows, writeNormalised } from '../series/nearest-window.ts'
import { zNormalise } from '../series/z-normalise.ts'
import { clusterShapes, type Draws } from './k-shape.ts'
import { createShapes } from './shape-distance.ts'

export interface Drift {
  readonly clusters: number
  readonly iterations: number
  /** How many windows stand between two updates of the centroids. */
  readonly batch: number
  /** The weight of the newest batch. */
  readonly alpha: number
  /** The draws of one clustering. */
  draws(): Draws
}

/**
 * Follows windows in their order, batch by batch: each is compared with the centroids of the batches before (the first with its own),
 * which then move towards its centroids. The last batch moves nothing. As PyOD 3.6.7 ts_sand.py simplifies Boniol et al. (2021).
 */
export function followShapes(
  windows: NormalisedWindows,
  { clusters, iterations, batch, alpha, draws }: Drift,
): { centroids: Matrix; distances: Float64Array } {
  const count = windows.offsets.length
  const size = Math.min(batch, count)
  const distances = new Float64Array(count)
  const clusterFrom = (from: number): Matrix =>
    clusterShapes({ windows, from, to: from + size, clusters, iterations, draws: draws() })
  const centroids = clusterFrom(0)
  for (let from = 0; from < count; from += size) {
    const to = Math.min(from + size, count)
    measureShapes(windows, { from, to, centroids }, distances)
    if (to === count) break
    const newer = clusterFrom(from)
    for (let i = 0; i < newer.data.length; i++)
      centroids.data[i] = alpha * newer.data[i]! + (1 - alpha) * centroids.data[i]!
    for (let k = 0; k < clusters; k++)
      zNormalise(centroids.data.subarray(k * windows.window, (k + 1) * windows.window))
  }
  return { centroids, distances }
}

/** Writes the distances of the windows `from` to `to` (exclusive) to their nearest centroid. */
export function measureShapes(
  windows: NormalisedWindows,
  { from, to, centroids }: { readonly from: number; readonly to: number; readonly centroids: Matrix },
  distances: Float64Array,
): void {
  const shapes = createShapes(centroids)
  const values = new Float64Array(windows.window)
  for (let i = from; i < to; i++) {
    writeNormalised(windows, i, values)
    distances[i] = shapes.nearest(values).distance
  }
}
