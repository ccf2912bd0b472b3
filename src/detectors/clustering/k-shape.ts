import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { leadingEigenvector } from '../linear-algebra/leading-eigenvector.ts'
import { type NormalisedWindows, writeNormalised } from '../series/nearest-window.ts'
import { zNormalise } from '../series/z-normalise.ts'
import { drawDistinct } from '../statistics/draw.ts'
import { createShapes } from './shape-distance.ts'

/** The draws that k-Shape begins with: different windows as first centroids, and one in the place of a cluster that got empty. */
export interface Draws {
  distinct(count: number, size: number): ArrayLike<number>
  one(count: number): number
}

export function drawsOf(random: Random): Draws {
  return {
    distinct: (count, size) => drawDistinct(random, count, size),
    one: (count) => random.int(count),
  }
}

export interface ShapeClustering {
  readonly windows: NormalisedWindows
  /** Only the windows `from` to `to` (exclusive). */
  readonly from: number
  readonly to: number
  readonly clusters: number
  readonly iterations: number
  readonly draws: Draws
}

/** Centroids, one a row, of windows clustered by their shape (Paparrizos, Gravano: k-Shape, 2015, in the form of PyOD 3.6.7 ts_kshape.py). */
export function clusterShapes({ windows, from, to, clusters, iterations, draws }: ShapeClustering): Matrix {
  const { window } = windows
  const count = to - from
  const centroids = new Float64Array(clusters * window)
  const labels = new Int32Array(count).fill(-1)
  const lags = new Int32Array(count)
  const first = draws.distinct(count, clusters)
  for (let k = 0; k < clusters; k++) writeNormalised(windows, from + first[k]!, centroidAt(k))

  for (let iteration = 0; iteration < iterations; iteration++) {
    if (!assign()) break
    for (let k = 0; k < clusters; k++) {
      const members = labels.reduce((sum, label) => sum + (label === k ? 1 : 0), 0)
      if (members === 0) writeNormalised(windows, from + draws.one(count), centroidAt(k))
      else centroidAt(k).set(centroidOf(k, members))
    }
  }
  return { data: centroids, rows: clusters, columns: window }

  function centroidAt(k: number): Float64Array {
    return centroids.subarray(k * window, (k + 1) * window)
  }

  /** Gives each window to its nearest centroid; false when none changed. */
  function assign(): boolean {
    const shapes = createShapes({ data: centroids, rows: clusters, columns: window })
    const values = new Float64Array(window)
    let changed = false
    for (let i = 0; i < count; i++) {
      writeNormalised(windows, from + i, values)
      const { centroid, lag } = shapes.nearest(values)
      changed ||= labels[i] !== centroid
      labels[i] = centroid
      lags[i] = lag
    }
    return changed
  }

  /** The shape most like all members of a cluster, each moved to where it is most like the centroid so far. */
  function centroidOf(k: number, members: number): Float64Array {
    const products = new Float64Array(window * window)
    const sum = new Float64Array(window)
    const values = new Float64Array(window)
    const moved = new Float64Array(window)
    for (let i = 0; i < count; i++) {
      if (labels[i] !== k) continue
      writeNormalised(windows, from + i, values)
      move(values, lags[i]!, moved)
      zNormalise(moved)
      if (members === 1) return moved
      for (let a = 0; a < window; a++) {
        sum[a]! += moved[a]!
        for (let b = a; b < window; b++) products[a * window + b]! += moved[a]! * moved[b]!
      }
    }
    for (let a = 0; a < window; a++)
      for (let b = 0; b < a; b++) products[a * window + b] = products[b * window + a]!
    const centroid = leadingEigenvector(products, window)
    let likeness = 0
    for (let a = 0; a < window; a++) likeness += sum[a]! * centroid[a]!
    if (likeness < 0) for (let a = 0; a < window; a++) centroid[a] = -centroid[a]!
    zNormalise(centroid)
    return centroid
  }
}

/** Writes the values moved to the front by `lag`, with zeros where none are left. */
function move(values: Float64Array, lag: number, out: Float64Array): void {
  for (let i = 0; i < values.length; i++) out[i] = values[i + lag] ?? 0
}
