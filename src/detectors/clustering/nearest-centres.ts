import type { Matrix } from '../detector.ts'
import { squaredDistance } from '../linear-algebra/squared-distance.ts'
import { squaredDistances } from '../linear-algebra/squared-distances.ts'

/** The nearest centre of each row while centres move: bounds spare most distances, and change no result but where rounding decides. */
export interface NearestCentres {
  /** The number of the nearest centre of each row, the first of equally near ones; -1 until `assign`. */
  readonly labels: Int32Array
  /** Brings the labels to the centres (row-major); false when that changes nothing. */
  assign(centres: Float64Array): boolean
  /** Says that centres have moved; returns the sum of their squared moves. */
  move(before: Float64Array, after: Float64Array): number
}

/**
 * What is known of each row, by the triangle inequality (Hamerly 2010: Making k-means even faster). Bounds stay as they are when centres
 * move: the way that these have travelled since is added to an upper bound, and taken from a lower one, when it is looked at.
 */
interface Bounds {
  readonly labels: Int32Array
  /** Not less than the distance to the own centre, less the way that this had travelled. */
  readonly upper: Float64Array
  /** Not more than the distance to any other centre, plus the way that the others had travelled. */
  readonly lower: Float64Array
  /** How far each centre has travelled. */
  readonly travelled: Float64Array
  /** For each centre, how far any of the others may have travelled. */
  readonly othersTravelled: Float64Array
  /** Room for the squared distances of one row. */
  readonly squares: Float64Array
}

// Bounds are compared with room for rounding errors.
const CERTAIN = 1 - 1e-9

/** Of no row the nearest centre is known yet. */
export function createNearestCentres(points: Matrix, clusters: number): NearestCentres {
  const bounds: Bounds = {
    labels: new Int32Array(points.rows).fill(-1),
    upper: new Float64Array(points.rows),
    lower: new Float64Array(points.rows),
    travelled: new Float64Array(clusters),
    othersTravelled: new Float64Array(clusters),
    squares: new Float64Array(clusters),
  }
  return {
    labels: bounds.labels,
    assign: (centres) => assign(points, centres, bounds),
    move: (before, after) => move(bounds, before, after),
  }
}

function assign(points: Matrix, centres: Float64Array, bounds: Bounds): boolean {
  const { data, rows, columns } = points
  const { labels, upper, lower, travelled, othersTravelled } = bounds
  const half = halfGaps(centres, columns)
  let changed = false
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!
    if (label >= 0) {
      const bound = CERTAIN * Math.max(lower[row]! - othersTravelled[label]!, half[label]!)
      if (upper[row]! + travelled[label]! < bound) continue
      const own = Math.sqrt(squaredDistance(data, row * columns, centres, label * columns, columns))
      upper[row] = own - travelled[label]!
      if (own < bound) continue
    }
    search(points, centres, bounds, row)
    if (labels[row] !== label) changed = true
  }
  return changed
}

/**
 * Finds the nearest centre of a row and the distance to the second nearest: all distances first, because a branch after each would cost as
 * much as they do.
 */
function search(
  { data, columns }: Matrix,
  centres: Float64Array,
  { labels, upper, lower, squares, travelled, othersTravelled }: Bounds,
  row: number,
): void {
  const span = { query: data, offset: row * columns, from: 0, to: squares.length }
  squaredDistances({ data: centres, rows: squares.length, columns }, span, squares)
  // Most rows stay where they are.
  let nearest = Math.max(0, labels[row]!)
  let least = squares[nearest]!
  for (let k = 0; k < squares.length; k++)
    if (squares[k]! < least || (squares[k] === least && k < nearest)) {
      least = squares[k]!
      nearest = k
    }
  squares[nearest] = Number.POSITIVE_INFINITY
  let second = Number.POSITIVE_INFINITY
  for (let k = 0; k < squares.length; k++) if (squares[k]! < second) second = squares[k]!
  labels[row] = nearest
  upper[row] = Math.sqrt(least) - travelled[nearest]!
  lower[row] = Math.sqrt(second) + othersTravelled[nearest]!
}

/** Of each centre half the distance to the nearest other one: no row within it is nearer to that. */
function halfGaps(centres: Float64Array, columns: number): Float64Array {
  const gaps = new Float64Array(centres.length / columns).fill(Number.POSITIVE_INFINITY)
  for (let a = 0; a < gaps.length; a++)
    for (let b = 0; b < a; b++) {
      const gap = Math.sqrt(squaredDistance(centres, a * columns, centres, b * columns, columns)) / 2
      gaps[a] = Math.min(gaps[a]!, gap)
      gaps[b] = Math.min(gaps[b]!, gap)
    }
  return gaps
}

function move({ travelled, othersTravelled }: Bounds, before: Float64Array, after: Float64Array): number {
  const columns = before.length / travelled.length
  let total = 0
  let most = 0
  let mostOfOthers = 0
  let farthest = 0
  for (let k = 0; k < travelled.length; k++) {
    const squares = squaredDistance(before, k * columns, after, k * columns, columns)
    const way = Math.sqrt(squares)
    total += squares
    travelled[k]! += way
    if (way > most) {
      mostOfOthers = most
      most = way
      farthest = k
    } else if (way > mostOfOthers) mostOfOthers = way
  }
  for (let k = 0; k < travelled.length; k++) othersTravelled[k]! += k === farthest ? mostOfOthers : most
  return total
}
