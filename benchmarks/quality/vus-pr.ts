import { byScore } from './by-score.ts'
import { type PointWindow, windowsOf } from './windows.ts'

/** Thresholds of each curve, at even ranks. */
const THRESHOLDS = 250

/**
 * Volume under the surface of precision and recall (Paparrizos et al., "Volume Under the Surface: A New Accuracy Evaluation Measure for Time-Series
 * Anomaly Detection", VLDB 2022), as the package `vus` 0.0.6 computes it: the mean, over buffers of 0 to `longestBuffer` points, of the
 * area under range-based precision and recall. A buffer adds, at each side of a window, half its length of points that count
 * sqrt(1 − distance / buffer) each. A point without a score (NaN) is the least strange of all. NaN when there is no label.
 */
export function vusPr(scores: Float64Array, labels: Uint8Array, longestBuffer: number): number {
  const windows = windowsOf(labels)
  if (windows.length === 0) return Number.NaN
  const { order, ends } = byScore(scores)
  const cuts = cutsOf(order.length, ends)
  let volume = 0
  for (let buffer = 0; buffer <= longestBuffer; buffer++)
    volume += areaOf(extend(labels, windows, buffer), { labels, order, cuts })
  return volume / (longestBuffer + 1)
}

/** How many points lie at or above each threshold: those at even ranks, each with all that share its score. */
function cutsOf(points: number, ends: readonly number[]): readonly number[] {
  const cuts: number[] = []
  let group = 0
  for (let k = 0; k < THRESHOLDS; k++) {
    const rank = Math.floor((k * (points - 1)) / (THRESHOLDS - 1))
    while (ends[group]! <= rank) group++
    if (cuts.at(-1) !== ends[group]) cuts.push(ends[group]!)
  }
  return cuts
}

interface Extended {
  /** How much each point counts as a part of a window, 0 to 1. */
  readonly weights: Float64Array
  /** The stretch that a point lies in, of windows joined where their buffers meet; -1 outside of all. */
  readonly stretchOf: Int32Array
  readonly stretches: number
}

function extend(labels: Uint8Array, windows: readonly PointWindow[], buffer: number): Extended {
  const weights = Float64Array.from(labels)
  const stretchOf = new Int32Array(labels.length).fill(-1)
  const half = Math.floor(buffer / 2)
  let stretch = -1
  let reached = -1
  for (const { first, last } of windows) {
    const begin = Math.max(0, first - half)
    const end = Math.min(labels.length - 1, last + half)
    if (begin > reached) stretch++
    for (let i = begin; i < first; i++) weights[i]! += Math.sqrt(1 - (first - i) / buffer)
    for (let i = last + 1; i <= end; i++) weights[i]! += Math.sqrt(1 - (i - last) / buffer)
    stretchOf.fill(stretch, begin, end + 1)
    reached = end
  }
  for (let i = 0; i < weights.length; i++) if (weights[i]! > 1) weights[i] = 1
  return { weights, stretchOf, stretches: stretch + 1 }
}

/** The area under precision and recall with one buffer: one walk over the points from the strangest on. */
function areaOf(
  { weights, stretchOf, stretches }: Extended,
  ranked: { readonly labels: Uint8Array; readonly order: Uint32Array; readonly cuts: readonly number[] },
): number {
  const { labels, order, cuts } = ranked
  const seen = new Uint8Array(stretches)
  const positives = labels.reduce((sum, label) => sum + label, 0)
  let [area, hits, buffered, reached, recall, begin] = [0, 0, 0, 0, 0, 0]
  for (const cut of cuts) {
    for (let i = begin; i < cut; i++) {
      const point = order[i]!
      const stretch = stretchOf[point]!
      if (stretch < 0) continue
      hits += weights[point]!
      if (labels[point] === 0) buffered += weights[point]!
      if (seen[stretch] === 0) {
        seen[stretch] = 1
        reached++
      }
    }
    begin = cut
    // What is to be found: the windows, and half of what was found of their buffers.
    const found = Math.min(1, hits / (positives + buffered / 2)) * (reached / stretches)
    area += (found - recall) * (hits / cut)
    recall = found
  }
  return area
}
