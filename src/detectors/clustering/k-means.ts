import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { squaredDistance } from '../linear-algebra/squared-distance.ts'
import { shrinkFor } from '../statistics/standardise.ts'
import { plainNearestCentres } from './plain-nearest-centres.ts'
import { simdNearestCentres } from './simd-nearest-centres.ts'
import { spreadRows } from './spread-rows.ts'

export interface Clusters {
  /** One centre a row, in the units of the data. */
  readonly centres: Matrix
  /** The number of the cluster of each row. */
  readonly labels: Int32Array
}

export interface KMeansSettings {
  /** At most the number of rows. */
  readonly clusters: number
  readonly random: Random
  /** 300 rounds at most unless it says otherwise. */
  readonly rounds?: number
}

// Centres that move by less than this share of the mean variance of the columns have arrived.
const TOLERANCE = 1e-4

/**
 * Lloyd's k-means from one greedy k-means++ start (Arthur, Vassilvitskii 2007), with scikit-learn's rules for when to stop and for empty
 * clusters, which move to the rows farthest from their centres. Equal rows share a cluster, so that a cluster may stay empty.
 */
export function kMeans(data: Matrix, { clusters, random, rounds = 300 }: KMeansSettings): Clusters {
  const { columns } = data
  const { points, mean, shrink } = centre(data)
  const seeds = spreadRows(points, clusters, random)
  let centres = new Float64Array(clusters * columns)
  seeds.forEach((row, k) => {
    for (let j = 0; j < columns; j++) centres[k * columns + j] = points.data[row * columns + j]!
  })
  const nearest = simdNearestCentres(points) ?? plainNearestCentres(points)
  const totals = noTotals(points, clusters)
  const tolerance = TOLERANCE * meanSquare(points.data)
  for (let round = 0; round < rounds; round++) {
    nearest.assign(centres)
    if (!addUp(points, nearest.labels, totals)) break
    const moved = middles(points, centres, totals)
    const shift = squaredDistance(centres, 0, moved, 0, moved.length)
    centres = moved
    if (shift <= tolerance || round === rounds - 1) {
      nearest.assign(centres)
      break
    }
  }
  return {
    centres: { data: uncentre(centres, mean, shrink), rows: clusters, columns },
    labels: nearest.labels,
  }
}

function meanSquare(values: Float64Array): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]! * values[i]!
  return total / values.length
}

/**
 * Rows far from each other, by greedy k-means++: each next row is the best of a few that were drawn by the square of their distance to
 * those before. Rows are numbered from 0.
 */
export function seedRows(data: Matrix, count: number, random: Random): Int32Array {
  return spreadRows(centre(data).points, count, random)
}

/** The rows, shrunk where their squares would overflow, less their mean then. */
function centre({ data, rows, columns }: Matrix): { points: Matrix; mean: Float64Array; shrink: number } {
  let largest = 0
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i]!))
  const shrink = shrinkFor(largest)
  const mean = new Float64Array(columns)
  for (let cell = 0; cell < data.length; )
    for (let j = 0; j < columns; j++, cell++) mean[j]! += (data[cell]! * shrink) / rows
  const points = new Float64Array(data.length)
  for (let cell = 0; cell < data.length; )
    for (let j = 0; j < columns; j++, cell++) points[cell] = data[cell]! * shrink - mean[j]!
  return { points: { data: points, rows, columns }, mean, shrink }
}

/** Turns back what `centre` did. */
function uncentre(centres: Float64Array, mean: Float64Array, shrink: number): Float64Array {
  return centres.map((value, i) => {
    const own = (value + mean[i % mean.length]!) / shrink
    return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, own))
  })
}

/** What is known of clusters. */
interface Totals {
  /** The cluster that each row is counted in; -1 for none. */
  readonly labels: Int32Array
  readonly counts: Int32Array
  readonly sums: Float64Array
}

function noTotals({ rows, columns }: Matrix, clusters: number): Totals {
  return {
    labels: new Int32Array(rows).fill(-1),
    counts: new Int32Array(clusters),
    sums: new Float64Array(clusters * columns),
  }
}

/** Brings totals to the labels, by the rows that have moved; false when there are none. */
function addUp(
  { data, columns }: Matrix,
  labels: Int32Array,
  { labels: counted, counts, sums }: Totals,
): boolean {
  let changed = false
  for (let row = 0; row < labels.length; row++) {
    const to = labels[row]!
    const from = counted[row]!
    if (from === to) continue
    changed = true
    counted[row] = to
    counts[to]!++
    const cell = row * columns
    for (let j = 0; j < columns; j++) sums[to * columns + j]! += data[cell + j]!
    if (from < 0) continue
    counts[from]!--
    for (let j = 0; j < columns; j++) sums[from * columns + j]! -= data[cell + j]!
  }
  return changed
}

/** The means of the clusters; empty ones take over the rows farthest from their centres. */
function middles(points: Matrix, centres: Float64Array, totals: Totals): Float64Array<ArrayBuffer> {
  const { data, columns } = points
  const counts = totals.counts.slice()
  const sums = Float64Array.from(totals.sums)
  if (counts.includes(0)) {
    const { labels } = totals
    const distances = Float64Array.from(labels, (k, row) =>
      squaredDistance(data, row * columns, centres, k * columns, columns),
    )
    relocate({ data, columns, distances, labels }, counts, sums)
  }
  for (let i = 0; i < sums.length; i++) {
    const count = counts[Math.floor(i / columns)]!
    sums[i] = count > 0 ? sums[i]! / count : centres[i]!
  }
  return sums
}

interface Farness {
  readonly data: Float64Array
  readonly columns: number
  /** Squared distances of rows to their centres. */
  readonly distances: Float64Array
  readonly labels: Int32Array
}

function relocate(
  { data, columns, distances, labels }: Farness,
  counts: Int32Array,
  sums: Float64Array,
): void {
  const far = Int32Array.from(distances, (_, row) => row).sort((a, b) => distances[b]! - distances[a]!)
  let next = 0
  for (let k = 0; k < counts.length; k++) {
    if (counts[k]! > 0) continue
    const row = far[next++]!
    const from = labels[row]!
    if (!(distances[row]! > 0) || counts[from]! < 2) return
    for (let j = 0; j < columns; j++) {
      const value = data[row * columns + j]!
      sums[from * columns + j]! -= value
      sums[k * columns + j] = value
    }
    counts[from]!--
    counts[k] = 1
  }
}
