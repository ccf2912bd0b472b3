/** Eigenvalues in descending order, and the unit eigenvectors as rows. */
export interface Eigen {
  readonly values: Float64Array
  /** Row-major, one eigenvector a row. */
  readonly vectors: Float64Array
}

const SWEEPS = 60
// Loadings that differ by less are the same for the sign rule, so that rounding does not decide the sign.
const TIE = 1e-10

/**
 * Eigen-decomposition of a symmetric matrix (row-major, `size` x `size`) by cyclic Jacobi rotations (Golub,
 * Van Loan, chapter 8.5).
 *
 * The sign of an eigenvector is that of scikit-learn 1.9.1 (`svd_flip` with `u_based_decision=False`): its
 * loading of largest absolute
 * value is positive, the first such loading where several are equal.
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice()
  const v = new Float64Array(size * size)
  for (let i = 0; i < size; i++) v[i * size + i] = 1
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) rotated = rotate({ a, v, size }, p, q) || rotated
    if (!rotated) break
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => a[j * size + j]! - a[i * size + i]!)
  const values = new Float64Array(size)
  const vectors = new Float64Array(size * size)
  order.forEach((from, to) => {
    values[to] = a[from * size + from]!
    const vector = v.subarray(from * size, (from + 1) * size)
    const sign = signOf(vector)
    for (let j = 0; j < size; j++) vectors[to * size + j] = sign * vector[j]!
  })
  return { values, vectors }
}

interface Turning {
  readonly a: Float64Array
  readonly v: Float64Array
  readonly size: number
}

/** Makes the entry (p, q) zero; false when it is negligible already. */
function rotate({ a, v, size }: Turning, p: number, q: number): boolean {
  const entry = a[p * size + q]!
  const first = a[p * size + p]!
  const second = a[q * size + q]!
  if (Math.abs(entry) <= Number.EPSILON * 0.01 * Math.sqrt(Math.abs(first * second)) || entry === 0)
    return false
  const theta = (second - first) / (2 * entry)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (let k = 0; k < size; k++) {
    if (k === p || k === q) continue
    const kp = a[k * size + p]!
    const kq = a[k * size + q]!
    a[k * size + p] = a[p * size + k] = cosine * kp - sine * kq
    a[k * size + q] = a[q * size + k] = sine * kp + cosine * kq
  }
  a[p * size + p] = first - tangent * entry
  a[q * size + q] = second + tangent * entry
  a[p * size + q] = a[q * size + p] = 0
  for (let k = 0; k < size; k++) {
    const vp = v[p * size + k]!
    const vq = v[q * size + k]!
    v[p * size + k] = cosine * vp - sine * vq
    v[q * size + k] = sine * vp + cosine * vq
  }
  return true
}

function signOf(vector: Float64Array): 1 | -1 {
  const largest = vector.reduce((most, loading) => Math.max(most, Math.abs(loading)), 0)
  const deciding = vector.find((loading) => Math.abs(loading) >= largest * (1 - TIE)) ?? 1
  return deciding < 0 ? -1 : 1
}
