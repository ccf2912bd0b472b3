// What is added to the diagonal, as a share of the trace: enough for the rounding errors of the factor.
const RIDGE = 1e-14

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
  let ridge = RIDGE * usual * size
  while (!factorise(matrix, size, { diagonal, ridge })) ridge *= 10
  invert(matrix, size)
  const triangle = new Float64Array((size * (size + 1)) / 2)
  const precision = new Float64Array(size)
  for (let i = 0, cell = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const entry = matrix[i * size + j]!
      triangle[cell++] = entry
      precision[j]! += entry * entry
    }
  const own = 1 / (size * (usual + ridge))
  return { triangle, leftOut: precision.map((entry) => Math.max(0, 1 / (entry - own) - ridge)) }
}

interface Diagonal {
  readonly diagonal: Float64Array
  readonly ridge: number
}

/** Makes the lower half L, four rows at a time; the upper half keeps the matrix. False when it is not positive definite. */
function factorise(a: Float64Array, size: number, { diagonal, ridge }: Diagonal): boolean {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) a[i * size + j] = a[j * size + i]!
  for (let i = 0; i < size; i += 4) {
    const end = Math.min(size, i + 4)
    if (end === i + 4) reduceFour(a, size, i)
    for (let row = i; row < end; row++) {
      for (let j = end === i + 4 ? i : 0; j < row; j++)
        a[row * size + j] = (a[row * size + j]! - product(a, row * size, j * size, j)) / a[j * size + j]!
      const rest = diagonal[row]! + ridge - product(a, row * size, row * size, row)
      if (!(rest > 0)) return false
      a[row * size + row] = Math.sqrt(rest)
    }
  }
  return true
}

/** The columns before `first` of four rows from it. */
function reduceFour(a: Float64Array, size: number, first: number): void {
  const r0 = first * size
  const r1 = r0 + size
  const r2 = r1 + size
  const r3 = r2 + size
  for (let j = 0, row = 0; j < first; j++, row += size) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let k = 0; k < j; k++) {
      const value = a[row + k]!
      s0 += value * a[r0 + k]!
      s1 += value * a[r1 + k]!
      s2 += value * a[r2 + k]!
      s3 += value * a[r3 + k]!
    }
    const pivot = a[row + j]!
    a[r0 + j] = (a[r0 + j]! - s0) / pivot
    a[r1 + j] = (a[r1 + j]! - s1) / pivot
    a[r2 + j] = (a[r2 + j]! - s2) / pivot
    a[r3 + j] = (a[r3 + j]! - s3) / pivot
  }
}

function product(a: Float64Array, from: number, other: number, count: number): number {
  let sum = 0
  for (let k = 0; k < count; k++) sum += a[from + k]! * a[other + k]!
  return sum
}

/** Makes L its inverse, row by row from those above; four of them at a time. The upper half is not read. */
function invert(a: Float64Array, size: number): void {
  const sum = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const own = i * size
    sum.fill(0, 0, i)
    let k = 0
    for (; k + 4 <= i; k += 4) {
      const [r0, r1, r2, r3] = [k * size, (k + 1) * size, (k + 2) * size, (k + 3) * size]
      const [f0, f1, f2, f3] = [a[own + k]!, a[own + k + 1]!, a[own + k + 2]!, a[own + k + 3]!]
      for (let j = 0; j <= k; j++)
        sum[j]! += f0 * a[r0 + j]! + f1 * a[r1 + j]! + f2 * a[r2 + j]! + f3 * a[r3 + j]!
      sum[k + 1]! += f1 * a[r1 + k + 1]! + f2 * a[r2 + k + 1]! + f3 * a[r3 + k + 1]!
      sum[k + 2]! += f2 * a[r2 + k + 2]! + f3 * a[r3 + k + 2]!
      sum[k + 3]! += f3 * a[r3 + k + 3]!
    }
    for (; k < i; k++) for (let j = 0; j <= k; j++) sum[j]! += a[own + k]! * a[k * size + j]!
    const pivot = a[own + i]!
    for (let j = 0; j < i; j++) a[own + j] = -sum[j]! / pivot
    a[own + i] = 1 / pivot
  }
}
