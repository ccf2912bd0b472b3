import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { shrinkFor } from '../statistics/standardise.ts'

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
  const assignment: Assignment = {
    labels: new Int32Array(data.rows).fill(-1),
    upper: new Float64Array(data.rows).fill(Number.POSITIVE_INFINITY),
    lower: new Float64Array(data.rows),
  }
  const { labels } = assignment
  const total = points.data.reduce((sum, value) => sum + value * value, 0)
  const tolerance = (TOLERANCE * total) / points.data.length
  for (let round = 0; round < rounds; round++) {
    if (!assign(points, centres, assignment)) break
    const moved = middles(points, centres, labels)
    const shift = loosen(assignment, columns, { before: centres, after: moved })
    centres = moved
    if (shift <= tolerance || round === rounds - 1) {
      assign(points, centres, assignment)
      break
    }
  }
  for (let i = 0; i < centres.length; i++) {
    const value = (centres[i]! + mean[i % columns]!) / shrink
    centres[i] = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
  }
  return { centres: { data: centres, rows: clusters, columns }, labels }
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

function spreadRows(points: Matrix, count: number, random: Random): Int32Array {
  const { rows } = points
  const trials = 2 + Math.floor(Math.log(count))
  const seeds = new Int32Array(count)
  seeds[0] = random.int(rows)
  let nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY)
  let potential = approach(points, seeds[0], nearest)
  let trial = new Float64Array(rows)
  let best = new Float64Array(rows)
  for (let k = 1; k < count; k++) {
    let bestPotential = Number.POSITIVE_INFINITY
    for (let i = 0; i < trials; i++) {
      const row = drawRow(nearest, random.next() * potential)
      trial.set(nearest)
      const next = approach(points, row, trial)
      if (next >= bestPotential) continue
      bestPotential = next
      seeds[k] = row
      const spare = best
      best = trial
      trial = spare
    }
    potential = bestPotential
    const spare = nearest
    nearest = best
    best = spare
  }
  return seeds
}

/** Lowers the squared distances to the nearest seed by a new one; returns their sum. */
function approach({ data, rows, columns }: Matrix, seed: number, nearest: Float64Array): number {
  const own = data.subarray(seed * columns, (seed + 1) * columns)
  let total = 0
  for (let row = 0, cell = 0; row < rows; row++) {
    let squares = 0
    for (let j = 0; j < columns; j++, cell++) {
      const difference = data[cell]! - own[j]!
      squares += difference * difference
    }
    if (squares < nearest[row]!) nearest[row] = squares
    total += nearest[row]!
  }
  return total
}

/** The first row at which the running sum of weights reaches `sum`. */
function drawRow(weights: Float64Array, sum: number): number {
  let running = 0
  for (let row = 0; row < weights.length; row++) {
    running += weights[row]!
    if (running >= sum && running > 0) return row
  }
  return weights.length - 1
}

/** What is known of each row; the bounds spare most distances (Hamerly 2010: Making k-means even faster). */
interface Assignment {
  readonly labels: Int32Array
  /** Not less than the distance to the own centre. */
  readonly upper: Float64Array
  /** Not more than the distance to any other centre. */
  readonly lower: Float64Array
}

// Bounds are compared with room for rounding errors, so that they never change a result.
const CERTAIN = 1 - 1e-9

/** Gives each row to its nearest centre, the first of equally near ones; false when that changes nothing. */
function assign(points: Matrix, centres: Float64Array, { labels, upper, lower }: Assignment): boolean {
  const { data, rows, columns } = points
  const half = halfGaps(centres, columns)
  let changed = false
  for (let row = 0, cell = 0; row < rows; row++, cell += columns) {
    const label = labels[row]!
    if (label >= 0) {
      const bound = CERTAIN * Math.max(lower[row]!, half[label]!)
      if (upper[row]! < bound) continue
      const own = Math.sqrt(squaresBetween(data, cell, centres, label * columns, columns))
      upper[row] = own
      if (own < bound) continue
    }
    let nearest = 0
    let least = Number.POSITIVE_INFINITY
    let second = Number.POSITIVE_INFINITY
    for (let k = 0, centre = 0; centre < centres.length; k++, centre += columns) {
      let squares = 0
      for (let j = 0; j < columns; j++) {
        const difference = data[cell + j]! - centres[centre + j]!
        squares += difference * difference
      }
      if (squares < least) {
        second = least
        least = squares
        nearest = k
      } else if (squares < second) second = squares
    }
    upper[row] = Math.sqrt(least)
    lower[row] = Math.sqrt(second)
    if (label !== nearest) changed = true
    labels[row] = nearest
  }
  return changed
}

function squaresBetween(
  a: Float64Array,
  from: number,
  b: Float64Array,
  start: number,
  columns: number,
): number {
  let squares = 0
  for (let j = 0; j < columns; j++) {
    const difference = a[from + j]! - b[start + j]!
    squares += difference * difference
  }
  return squares
}

/** Of each centre half the distance to the nearest other one: no row within it is nearer to that. */
function halfGaps(centres: Float64Array, columns: number): Float64Array {
  const gaps = new Float64Array(centres.length / columns).fill(Number.POSITIVE_INFINITY)
  for (let a = 0; a < gaps.length; a++)
    for (let b = 0; b < a; b++) {
      const gap = Math.sqrt(squaresBetween(centres, a * columns, centres, b * columns, columns)) / 2
      gaps[a] = Math.min(gaps[a]!, gap)
      gaps[b] = Math.min(gaps[b]!, gap)
    }
  return gaps
}

/** Keeps the bounds true after the centres have moved; returns the sum of their squared moves. */
function loosen(
  { labels, upper, lower }: Assignment,
  columns: number,
  { before, after }: { readonly before: Float64Array; readonly after: Float64Array },
): number {
  const moves = new Float64Array(before.length / columns)
  let total = 0
  let farthest = 0
  for (let k = 0; k < moves.length; k++) {
    const squares = squaresBetween(before, k * columns, after, k * columns, columns)
    total += squares
    moves[k] = Math.sqrt(squares)
    if (moves[k]! > moves[farthest]!) farthest = k
  }
  const most = moves[farthest]!
  const mostOfOthers = moves.reduce(
    (largest, move, k) => (k === farthest ? largest : Math.max(largest, move)),
    0,
  )
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!
    upper[row]! += moves[label]!
    lower[row]! -= label === farthest ? mostOfOthers : most
  }
  return total
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
      squaresBetween(data, row * columns, centres, k * columns, columns),
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

/** Counts the rows of each cluster, and adds them up. */
function addUp({ data, rows, columns }: Matrix, labels: Int32Array, { counts, sums }: Totals): void {
  for (let row = 0, cell = 0; row < rows; row++) {
    const k = labels[row]!
    counts[k]!++
    for (let centre = k * columns, end = centre + columns; centre < end; centre++)
      sums[centre]! += data[cell++]!
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
