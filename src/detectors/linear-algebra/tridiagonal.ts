const ROUNDS = 60

/**
 * Eigenvalues of a symmetric tridiagonal matrix by the implicit QL method (Golub, Van Loan, chapter 8.3; Bowdler et al. 1968), in place
 * of `diagonal` and in no order; `below` (of the same length, its last value unused) is destroyed. `rows`, one a row of the matrix and
 * row-major, become the eigenvectors times what they were: the eigenvectors where they were those of the identity.
 */
export function tridiagonalEigen(diagonal: Float64Array, below: Float64Array, rows: Float64Array): void {
  const size = diagonal.length
  const width = size === 0 ? 0 : rows.length / size
  for (let low = 0; low < size; low++) {
    for (let round = 0; round < ROUNDS; round++) {
      let high = low
      while (high < size - 1 && !isNegligible(diagonal, below, high)) high++
      if (high === low) break
      sweep({ diagonal, below, rows, width }, low, high)
    }
  }
}

function isNegligible(diagonal: Float64Array, below: Float64Array, i: number): boolean {
  const scale = Math.abs(diagonal[i]!) + Math.abs(diagonal[i + 1]!)
  return Math.abs(below[i]!) <= Number.EPSILON * scale
}

interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly below: Float64Array
  readonly rows: Float64Array
  readonly width: number
}

/** One step with Wilkinson's shift from `high` to `low`. */
function sweep({ diagonal, below, rows, width }: Tridiagonal, low: number, high: number): void {
  const half = (diagonal[low + 1]! - diagonal[low]!) / (2 * below[low]!)
  const root = Math.hypot(half, 1)
  let g = diagonal[high]! - diagonal[low]! + below[low]! / (half + (half < 0 ? -root : root))
  let sine = 1
  let cosine = 1
  let shift = 0
  for (let i = high - 1; i >= low; i--) {
    const f = sine * below[i]!
    const b = cosine * below[i]!
    const length = Math.hypot(f, g)
    below[i + 1] = length
    if (length === 0) {
      diagonal[i + 1]! -= shift
      below[high] = 0
      return
    }
    sine = f / length
    cosine = g / length
    g = diagonal[i + 1]! - shift
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b
    shift = sine * turned
    diagonal[i + 1] = g + shift
    g = cosine * turned - b
    for (let k = i * width, end = k + width; k < end; k++) {
      const value = rows[k + width]!
      rows[k + width] = sine * rows[k]! + cosine * value
      rows[k] = cosine * rows[k]! - sine * value
    }
  }
  diagonal[low]! -= shift
  below[low] = g
  below[high] = 0
}
