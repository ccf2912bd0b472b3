import { createRowProducts, type RowProducts } from '../linear-algebra/row-products.ts'
import { TILE_ROWS } from '../linear-algebra/tile.ts'

// What is added to the diagonal, as a share of the trace: enough for the rounding errors of the factor.
const RIDGE = 1e-14
// Columns that are worked on together, a multiple of the rows of a tile; their rows stay near the processor.
const BLOCK = 24

/** The plane through points, of which only their centred kernel matrix is known. */
export interface Hull {
  /**
   * Row i of a lower triangle, i + 1 long, after the rows before it: applied to the centred kernel values of a point, it makes the
   * coordinates of its foot on the plane.
   */
  readonly triangle: Float64Array
  /** The squared distance of each point to the plane through the others. */
  readonly leftOut: Float64Array
}

/**
 * The plane through all points by a Cholesky factor K + ridge = L L' and its inverse, a third of the work of eigenvectors: the squared
 * coordinates sum to k' (K + ridge)^-1 k, and the distance of a point to the plane of the others is the inverse of its entry in the
 * diagonal of the pseudo-inverse of K. The matrix (row-major, `size` x `size`) is destroyed.
 */
export function hullOf(matrix: Float64Array, size: number): Hull {
  let trace = 0
  for (let i = 0; i < size; i++) trace += Math.max(0, matrix[i * size + i]!)
  // The mean of centred points is no direction of theirs: the direction of equal coordinates gets a usual eigenvalue of its own.
  const usual = trace > 0 ? trace / size : 1
  for (let i = 0; i < matrix.length; i++) matrix[i]! += usual / size
  const diagonal = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!)
  const products = createRowProducts(BLOCK, size)
  let ridge = RIDGE * usual * size
  while (!factorise(matrix, size, { diagonal, ridge, products })) ridge *= 10
  invert(matrix, size, products)
  const precision = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    const row = matrix.subarray(j * size + j, (j + 1) * size)
    precision[j] = product(row, 0, 0, row.length)
  }
  const own = 1 / (size * (usual + ridge))
  return {
    triangle: transposed(matrix, size),
    leftOut: precision.map((entry) => Math.max(0, 1 / (entry - own) - ridge)),
  }
}

interface Diagonal {
  readonly diagonal: Float64Array
  readonly ridge: number
  readonly products: RowProducts
}

/** Makes the lower half L, a block of columns after the other; the upper half keeps the matrix. False when it is not positive definite. */
function factorise(a: Float64Array, size: number, { diagonal, ridge, products }: Diagonal): boolean {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) a[i * size + j] = a[j * size + i]!
  for (let first = 0; first < size; first += BLOCK) {
    const end = Math.min(size, first + BLOCK)
    reduce(a, size, products, first)
    for (let i = first; i < size; i++) {
      const row = i * size
      for (let j = first; j < Math.min(i, end); j++)
        a[row + j] = (a[row + j]! - product(a, row + first, j * size + first, j - first)) / a[j * size + j]!
      if (i >= end) continue
      const rest = diagonal[i]! + ridge - product(a, row, row, i)
      if (!(rest > 0)) return false
      a[row + i] = Math.sqrt(rest)
    }
  }
  return true
}

/** Takes what the columns before `first` explain from those of the block, in the lower half. */
function reduce(a: Float64Array, size: number, products: RowProducts, first: number): void {
  const end = Math.min(size, first + BLOCK)
  for (let j = first; j < end; j++) products.hold(j - first, a.subarray(j * size, j * size + first))
  for (let i = first; i < size; i += TILE_ROWS) {
    const rows = Math.min(TILE_ROWS, size - i)
    for (let r = 0; r < rows; r++) products.set(r, a.subarray((i + r) * size, (i + r) * size + first), 0)
    const explained = products.multiply(0, first)
    for (let r = 0; r < rows; r++)
      for (let j = first; j < Math.min(i + r, end); j++)
        a[(i + r) * size + j]! -= explained[r * products.width + j - first]!
  }
}

function product(a: Float64Array, from: number, other: number, count: number): number {
  let sum = 0
  for (let k = 0; k < count; k++) sum += a[from + k]! * a[other + k]!
  return sum
}

/** Makes the upper half, with the diagonal, the transposed inverse of L; the lower half is destroyed. */
function invert(a: Float64Array, size: number, products: RowProducts): void {
  for (let first = 0; first < size; first += BLOCK) {
    const end = Math.min(size, first + BLOCK)
    multiplyInverse(a, size, products, first)
    for (let j = 0; j < first; j++)
      for (let i = first; i < end; i++) {
        const sum = a[j * size + i]! + product(a, i * size + first, j * size + first, i - first)
        a[j * size + i] = -sum / a[i * size + i]!
      }
    for (let j = first; j < end; j++)
      for (let i = j + 1; i < end; i++) {
        const sum =
          a[i * size + j]! / a[j * size + j]! + product(a, i * size + j + 1, j * size + j + 1, i - j - 1)
        a[j * size + i] = -sum / a[i * size + i]!
      }
    // Zeros beside the inverse, so that products may start at any place within the block.
    for (let i = first; i < end; i++) {
      a.fill(0, i * size + first, i * size + i)
      a[i * size + i] = 1 / a[i * size + i]!
    }
  }
}

/** Writes the rows of the block of L times the inverse as far as it is known to the places of the inverse. */
function multiplyInverse(a: Float64Array, size: number, products: RowProducts, first: number): void {
  const end = Math.min(size, first + BLOCK)
  for (let i = first; i < end; i++) products.hold(i - first, a.subarray(i * size, i * size + first))
  for (let j = 0; j < first; j += TILE_ROWS) {
    for (let r = 0; r < TILE_ROWS; r++)
      products.set(r, a.subarray((j + r) * size + j, (j + r) * size + first), j)
    const sums = products.multiply(j, first)
    for (let r = 0; r < TILE_ROWS; r++)
      for (let i = first; i < end; i++) a[(j + r) * size + i] = sums[r * products.width + i - first]!
  }
}

/** The columns of the upper half as rows of a triangle. */
function transposed(a: Float64Array, size: number): Float64Array {
  const triangle = new Float64Array((size * (size + 1)) / 2)
  // A few columns at a time, so that neighbours in memory are read together.
  for (let first = 0; first < size; first += BLOCK)
    for (let j = 0; j < size; j++)
      for (let i = Math.max(first, j); i < Math.min(size, first + BLOCK); i++)
        triangle[(i * (i + 1)) / 2 + j] = a[j * size + i]!
  return triangle
}
