import { createRandom } from '../../core/random.ts'
import { normal } from '../statistics/draw.ts'
import type { Eigen } from './eigen.ts'
import { tridiagonalEigen } from './tridiagonal.ts'

const SEED = 1
// An eigenvector is good when its residual is this share of the largest eigenvalue.
const TOLERANCE = 1e-13
const CHECK_EVERY = 8

/**
 * The `count` largest eigenvalues of a symmetric matrix (row-major, `size` x `size`), descending, with unit eigenvectors as rows, by
 * Lanczos' method with full reorthogonalisation (Golub, Van Loan, chapter 10.3): a step costs one product with the matrix, and few steps
 * find few eigenvalues. The signs of the vectors have no meaning. The result is always the same.
 */
export function leadingEigen(matrix: Float64Array, size: number, count: number): Eigen {
  const random = createRandom(SEED)
  const basis: Float64Array[] = []
  const diagonal: number[] = []
  const below: number[] = []
  let next = Float64Array.from({ length: size }, () => normal(random))
  scaleBy(next, 1 / Math.sqrt(dot(next, next)))
  for (let step = 1; step <= size; step++) {
    basis.push(next)
    const image = product(matrix, next)
    diagonal.push(dot(image, next))
    let length = orthogonalise(image, basis)
    const largest = Math.max(...diagonal.map(Math.abs), ...below)
    if (!(length > Number.EPSILON * size * largest)) {
      // The vectors so far hold an invariant space: go on outside of it.
      for (let j = 0; j < size; j++) image[j] = normal(random)
      const fresh = orthogonalise(image, basis)
      length = 0
      scaleBy(image, fresh > 0 ? 1 / fresh : 0)
    } else scaleBy(image, 1 / length)
    below.push(length)
    next = image
    const isDue = step >= count && (step % CHECK_EVERY === 0 || length === 0)
    if (isDue && isSettled(diagonal, below, count)) break
  }
  return ritz(diagonal, below, { basis, size, count })
}

/** Whether the residuals of the largest are small: the last entries of the vectors times what leads out of the space. */
function isSettled(diagonal: readonly number[], below: readonly number[], count: number): boolean {
  const steps = diagonal.length
  const values = Float64Array.from(diagonal)
  const last = new Float64Array(steps)
  last[steps - 1] = 1
  tridiagonalEigen(values, Float64Array.from(below), last)
  const out = below[steps - 1]!
  const order = descending(values)
  const bound = TOLERANCE * Math.abs(values[order[0]!]!)
  return order.subarray(0, count).every((i) => Math.abs(out * last[i]!) <= bound)
}

interface Krylov {
  readonly basis: readonly Float64Array[]
  readonly size: number
  readonly count: number
}

function ritz(diagonal: readonly number[], below: readonly number[], { basis, size, count }: Krylov): Eigen {
  const steps = diagonal.length
  const all = Float64Array.from(diagonal)
  const small = new Float64Array(steps * steps)
  for (let i = 0; i < steps; i++) small[i * steps + i] = 1
  tridiagonalEigen(all, Float64Array.from(below), small)
  const order = descending(all).subarray(0, count)
  const vectors = new Float64Array(order.length * size)
  order.forEach((from, to) => {
    const vector = vectors.subarray(to * size, (to + 1) * size)
    for (let k = 0; k < steps; k++) addTimes(vector, small[from * steps + k]!, basis[k]!)
    scaleBy(vector, 1 / Math.sqrt(dot(vector, vector)))
  })
  return { values: Float64Array.from(order, (i) => all[i]!), vectors }
}

function descending(values: Float64Array): Int32Array {
  return Int32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!)
}

/** Takes the share of each vector of the basis out, twice because once leaves rounding errors; returns the length that remains. */
function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): number {
  for (let pass = 0; pass < 2; pass++) for (const other of basis) addTimes(vector, -dot(vector, other), other)
  return Math.sqrt(dot(vector, vector))
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const size = vector.length
  const result = new Float64Array(size)
  for (let i = 0; i < size; i++) result[i] = dot(matrix.subarray(i * size, (i + 1) * size), vector)
  return result
}

/** Four running sums, because each addition waits for the one before. */
function dot(a: Float64Array, b: Float64Array): number {
  const size = a.length
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let i = 0
  for (; i + 4 <= size; i += 4) {
    s0 += a[i]! * b[i]!
    s1 += a[i + 1]! * b[i + 1]!
    s2 += a[i + 2]! * b[i + 2]!
    s3 += a[i + 3]! * b[i + 3]!
  }
  for (; i < size; i++) s0 += a[i]! * b[i]!
  return s0 + s1 + (s2 + s3)
}

function addTimes(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * from[i]!
}

function scaleBy(vector: Float64Array, factor: number): void {
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor
}
