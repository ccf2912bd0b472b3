import type { Matrix } from '../detector.ts'

/**
 * The inverse of the triangular factor R of columns X = Q R (Golub, Van Loan, chapter 5.2), from which everything follows that regressions
 * of each column on all others need. Columns that depend on those before them have no part in it.
 */
export interface TriangularBasis {
  /** Row-major and upper triangular; the row and column of a dependent column are zero. */
  readonly inverse: Float64Array
  /** For each column, 1 when the others determine it. */
  readonly determined: Uint8Array
}

/** What a row is in a basis. */
export interface Coordinates {
  /** Its leverage: x (XᵀX)⁻¹ xᵀ. */
  leverage: number
  /** (XᵀX)⁻¹ xᵀ. */
  readonly solution: Float64Array
  readonly rotated: Float64Array
}

// A column is dependent when so little of its length is left; a share of a dependent one is none when it is smaller.
const DEPENDENT = 1e-10
const SHARE = 1e-7
// So much of its length has to be left of a column, or the rounding errors of what was taken away count, and it is done again.
const KEPT = 0.7

/** Orthogonalises the columns one after the other (Gram-Schmidt, twice where it matters, which is as exact as Householder's reflections). */
export function triangularBasis({ data, rows, columns }: Matrix): TriangularBasis {
  const inverse = new Float64Array(columns * columns)
  const determined = new Uint8Array(columns)
  const axes: Float64Array[] = []
  const places: number[] = []
  const shares = new Float64Array(columns)
  for (let j = 0; j < columns; j++) {
    const rest = new Float64Array(rows)
    for (let row = 0; row < rows; row++) rest[row] = data[row * columns + j]!
    const length = lengthOf(rest)
    shares.fill(0)
    let left = length
    for (let before = Number.POSITIVE_INFINITY, pass = 0; pass < 2 && left < KEPT * before; pass++) {
      before = left
      for (let k = 0; k < axes.length; k++) shares[places[k]!]! += removeShare(rest, axes[k]!)
      left = lengthOf(rest)
    }
    // The column is Σ shares · axis: in terms of the columns before it, inverse · shares.
    const weights = solveShares(inverse, shares, j)
    if (!(left > DEPENDENT * length)) {
      determined[j] = 1
      for (let i = 0; i < j; i++) {
        const reach = Math.hypot(...inverse.subarray(i * columns, i * columns + columns))
        if (Math.abs(weights[i]!) > SHARE * reach * length) determined[i] = 1
      }
      continue
    }
    for (let row = 0; row < rows; row++) rest[row]! /= left
    axes.push(rest)
    places.push(j)
    inverse[j * columns + j] = 1 / left
    for (let i = 0; i < j; i++) inverse[i * columns + j] = -weights[i]! / left
  }
  return { inverse, determined }
}

/** Takes what lies along an axis of length 1 from the values, and tells how much it was. */
function removeShare(values: Float64Array, axis: Float64Array): number {
  let share = 0
  for (let i = 0; i < values.length; i++) share += axis[i]! * values[i]!
  for (let i = 0; i < values.length; i++) values[i]! -= share * axis[i]!
  return share
}

function lengthOf(values: Float64Array): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!
  return Math.sqrt(squares)
}

function solveShares(inverse: Float64Array, shares: Float64Array, count: number): Float64Array {
  const columns = shares.length
  const weights = new Float64Array(count)
  for (let i = 0; i < count; i++)
    for (let k = i; k < count; k++) weights[i]! += inverse[i * columns + k]! * shares[k]!
  return weights
}

/** The inverse's diagonal: 1 over the sum of the squared residuals of each column; zero for dependent ones. */
export function inverseDiagonal({ inverse }: TriangularBasis, columns: number): Float64Array {
  const diagonal = new Float64Array(columns)
  for (let i = 0; i < columns; i++)
    for (let k = i; k < columns; k++) diagonal[i]! += inverse[i * columns + k]! ** 2
  return diagonal
}

/** Coordinates of rows, to be filled by `locate`. */
export function createCoordinates(columns: number): Coordinates {
  return { leverage: 0, solution: new Float64Array(columns), rotated: new Float64Array(columns) }
}

/** Fills the coordinates with those of a row. */
export function locate({ inverse }: TriangularBasis, row: Float64Array, place: Coordinates): void {
  const { solution, rotated } = place
  const columns = row.length
  let leverage = 0
  for (let k = 0; k < columns; k++) {
    let sum = 0
    for (let i = 0; i <= k; i++) sum += inverse[i * columns + k]! * row[i]!
    rotated[k] = sum
    leverage += sum * sum
  }
  for (let i = 0; i < columns; i++) {
    let sum = 0
    for (let k = i; k < columns; k++) sum += inverse[i * columns + k]! * rotated[k]!
    solution[i] = sum
  }
  place.leverage = leverage
}
