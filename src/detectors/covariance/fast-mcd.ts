import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { drawDistinct } from '../statistics/draw.ts'
import { selectRank } from '../statistics/select.ts'
import { whitening } from './whitening.ts'

export interface Location {
  readonly mean: Float64Array
  /** See `whitening`: the squares of a whitened row sum to its Mahalanobis distance. */
  readonly whitening: Float64Array
}

interface Candidate extends Location {
  readonly logDeterminant: number
  /** Numbers of the rows that it is of. */
  readonly support: Int32Array
}

// The plan of the paper, with scikit-learn's numbers.
const SMALL = 500
const SUBSET = 300
const MERGED = 1500
const TRIALS = 500
const SMALL_TRIALS = 30
const BEST = 10
const FEW_STEPS = 2
const MANY_STEPS = 30

/**
 * The rows, `size` of them, whose covariance has the least determinant (minimum covariance determinant), as well as FAST-MCD finds them
 * (Rousseeuw, Van Driessen 1999): many random starts, a few concentration steps each, and more for the best. Their numbers.
 */
export function fastMcd(data: Matrix, size: number, random: Random): Int32Array {
  const { rows } = data
  const startsOf = (matrix: Matrix, count: number, trials: number): Candidate[] =>
    bestOf(trials, BEST, () =>
      concentrate(matrix, estimateOf(matrix, drawDistinct(random, matrix.rows, count)), FEW_STEPS),
    )
  if (rows <= SMALL) return refine(data, size, startsOf(data, size, SMALL_TRIALS), 1)[0]!.support
  const subsets = Math.floor(rows / SUBSET)
  const subsetRows = Math.floor(rows / subsets)
  const trials = Math.max(BEST, Math.floor(TRIALS / subsets))
  const shuffled = drawDistinct(random, rows, rows)
  const starts: Candidate[] = []
  for (let i = 0; i < subsets; i++) {
    const subset = pick(data, shuffled.subarray(i * subsetRows, (i + 1) * subsetRows))
    starts.push(...startsOf(subset, Math.ceil((subsetRows * size) / rows), trials))
  }
  if (rows <= MERGED) return refine(data, size, starts, 1)[0]!.support
  const merged = pick(data, drawDistinct(random, rows, MERGED))
  const finalists = refine(merged, Math.ceil((MERGED * size) / rows), starts, BEST)
  return refine(data, size, finalists, 1)[0]!.support
}

function refine(data: Matrix, size: number, starts: readonly Candidate[], best: number): Candidate[] {
  return bestOf(starts.length, best, (i) => {
    const support = nearest(distances(data, starts[i]!), size)
    return concentrate(data, estimateOf(data, support), MANY_STEPS)
  })
}

function bestOf(count: number, best: number, candidate: (index: number) => Candidate): Candidate[] {
  return Array.from({ length: count }, (_, i) => candidate(i))
    .sort((a, b) => a.logDeterminant - b.logDeterminant)
    .slice(0, best)
}

/** C-steps: the support becomes the rows nearest to its own mean, as long as that lowers the determinant. */
function concentrate(data: Matrix, start: Candidate, steps: number): Candidate {
  let current = start
  for (let step = 0; step < steps; step++) {
    const next = estimateOf(data, nearest(distances(data, current), start.support.length))
    if (!(next.logDeterminant < current.logDeterminant)) break
    current = next
  }
  return current
}

function estimateOf(data: Matrix, support: Int32Array): Candidate {
  const location = locate(data, support, meanOf(data, support))
  let logDeterminant = 0
  for (let i = 0; i < location.whitening.length; i += data.columns + 1)
    logDeterminant -= 2 * Math.log(location.whitening[i]!)
  return { ...location, logDeterminant, support }
}

/** The mean of some rows. */
export function meanOf({ data, columns }: Matrix, support: Int32Array): Float64Array {
  const mean = new Float64Array(columns)
  for (const row of support) for (let j = 0; j < columns; j++) mean[j]! += data[row * columns + j]!
  for (let j = 0; j < columns; j++) mean[j]! /= support.length
  return mean
}

/** The covariance of some rows around `mean`. */
export function locate({ data, columns }: Matrix, support: Int32Array, mean: Float64Array): Location {
  const covariance = new Float64Array(columns * columns)
  const difference = new Float64Array(columns)
  for (const row of support) {
    for (let j = 0; j < columns; j++) difference[j] = data[row * columns + j]! - mean[j]!
    for (let i = 0, cell = 0; i < columns; i++, cell += columns)
      for (let j = 0; j <= i; j++) covariance[cell + j]! += difference[i]! * difference[j]!
  }
  for (let i = 0; i < covariance.length; i++) covariance[i]! /= support.length
  return { mean, whitening: whitening(covariance, columns) }
}

/** The Mahalanobis distance of each row, squared; infinite where it overflows. */
export function distances(
  { data, rows, columns }: Matrix,
  { mean, whitening: whiten }: Location,
): Float64Array {
  const result = new Float64Array(rows)
  const difference = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns; j++) difference[j] = data[row * columns + j]! - mean[j]!
    let squares = 0
    for (let i = 0, cell = 0; i < columns; i++, cell += columns) {
      let white = 0
      for (let j = 0; j <= i; j++) white += whiten[cell + j]! * difference[j]!
      squares += white * white
    }
    result[row] = squares <= Number.MAX_VALUE ? squares : Number.POSITIVE_INFINITY
  }
  return result
}

/** The `count` rows of least distance, the first of equal ones. */
export function nearest(values: Float64Array, count: number): Int32Array {
  const limit = selectRank(values.slice(), count - 1)
  const rows = new Int32Array(count)
  let found = 0
  for (let row = 0; row < values.length; row++) if (values[row]! < limit) rows[found++] = row
  for (let row = 0; found < count; row++) if (values[row] === limit) rows[found++] = row
  return rows
}

function pick({ data, columns }: Matrix, rows: Int32Array): Matrix {
  const picked = new Float64Array(rows.length * columns)
  for (let i = 0; i < rows.length; i++)
    picked.set(data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns)
  return { data: picked, rows: rows.length, columns }
}
