import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { squaredDistance } from '../linear-algebra/squared-distance.ts'
import { shrinkFor } from '../statistics/standardise.ts'
import { createNearestCentres } from './nearest-centres.ts'
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
  const nearest = createNearestCentres(points, clusters)
  const { labels } = nearest
  const tolerance = TOLERANCE * meanSquare(points.data)
  for (let round = 0; round < rounds; round++) {
    if (!nearest.assign(centres)) break
    const moved = middles(points, centres, labels)
    const shift = nearest.move(centres, moved)
    centres = moved
    if (shift <= tolerance || round === rounds - 1) {
      nearest.assign(centres)
      break
    }
  }
  return { centres: { data: uncentre(centres, mean, shrink), rows: clusters, columns }, labels }
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

/** The means of the clusters; empty ones take over the rows farthest from their centres. */
function middles(points: Matrix, centres: Float64Array, labels: Int32Array): Float64Array<ArrayBuffer> {
  const { data, columns } = points
  const clusters = centres.length / columns
  const counts = new Int32Array(clusters)
  const sums = new Float64Array(centres.length)
  addUp(points, labels, { counts, sums })
  if (counts.includes(0)) {
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

interface Totals {
  readonly counts: Int32Array
  readonly sums: Float64Array
}

/** Counts the rows of each cluster, and adds them up: one cluster after another, because sums that stay in registers cost half as much. */
function addUp({ data, rows, columns }: Matrix, labels: Int32Array, { counts, sums }: Totals): void {
  for (let row = 0; row < rows; row++) counts[labels[row]!]!++
  const ends = new Int32Array(counts.length)
  for (let k = 1; k < counts.length; k++) ends[k] = ends[k - 1]! + counts[k - 1]!
  const cells = new Int32Array(rows)
  for (let row = 0; row < rows; row++) cells[ends[labels[row]!]!++] = row * columns
  for (let k = 0, from = 0; k < counts.length; from = ends[k++]!) {
    const to = ends[k]!
    let j = 0
    for (; j + 3 <= columns; j += 3) {
      let s0 = 0
      let s1 = 0
      let s2 = 0
      for (let i = from; i < to; i++) {
        const cell = cells[i]! + j
        s0 += data[cell]!
        s1 += data[cell + 1]!
        s2 += data[cell + 2]!
      }
      sums[k * columns + j] = s0
      sums[k * columns + j + 1] = s1
      sums[k * columns + j + 2] = s2
    }
    for (; j < columns; j++) {
      let sum = 0
      for (let i = from; i < to; i++) sum += data[cells[i]! + j]!
      sums[k * columns + j] = sum
    }
  }
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
