import type { Matrix } from '../detector.ts'
import { exponentials } from './exponential.ts'

export const KERNELS = ['linear', 'poly', 'rbf', 'sigmoid'] as const

/** What the scalar product (or the distance) of two rows is made: see `kernelRow`. */
export interface Kernel {
  readonly kind: (typeof KERNELS)[number]
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
}

/** Rows `from`..`to` of a matrix, compared with the one row that starts at `offset` of `query`. */
export interface KernelSpan {
  readonly query: Float64Array
  readonly offset: number
  readonly from: number
  readonly to: number
}

// Beyond it, values are only "huge": sums of kernel values must stay finite, in single precision too.
const HUGE_VALUE = 1e30

/**
 * Writes the kernel values of a row and rows of a matrix to the same places of `out`: x·y (linear), (gamma x·y + coef0)^degree (poly),
 * exp(-gamma |x - y|²) (rbf), tanh(gamma x·y + coef0) (sigmoid). They are finite for all rows.
 */
export function kernelRow(
  { kind, gamma, degree, coef0 }: Kernel,
  matrix: Matrix,
  span: KernelSpan,
  out: Float64Array,
): void {
  const { from, to } = span
  if (kind === 'rbf') {
    squaredDistances(matrix, span, out)
    exponentials(out, -gamma, span)
    return
  }
  products(matrix, span, out)
  if (kind === 'poly') for (let i = from; i < to; i++) out[i] = power(gamma * out[i]! + coef0, degree)
  else if (kind === 'sigmoid') for (let i = from; i < to; i++) out[i] = Math.tanh(gamma * out[i]! + coef0)
  for (let i = from; i < to; i++) {
    const value = out[i]!
    // Infinities of two signs, or infinity times 0, tell nothing.
    if (!(Math.abs(value) < HUGE_VALUE)) out[i] = Number.isNaN(value) ? 0 : Math.sign(value) * HUGE_VALUE
  }
}

/** Six columns at a time, then two, so that those of the one row stay in registers: this and the exponential are all the time. */
function squaredDistances(
  { data, columns }: Matrix,
  { query, offset, from, to }: KernelSpan,
  out: Float64Array,
): void {
  out.fill(0, from, to)
  let j = 0
  for (; j + 6 <= columns; j += 6) {
    const q0 = query[offset + j]!
    const q1 = query[offset + j + 1]!
    const q2 = query[offset + j + 2]!
    const q3 = query[offset + j + 3]!
    const q4 = query[offset + j + 4]!
    const q5 = query[offset + j + 5]!
    for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
      const d0 = data[cell]! - q0
      const d1 = data[cell + 1]! - q1
      const d2 = data[cell + 2]! - q2
      const d3 = data[cell + 3]! - q3
      const d4 = data[cell + 4]! - q4
      const d5 = data[cell + 5]! - q5
      out[i]! += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5
    }
  }
  for (; j + 2 <= columns; j += 2) {
    const q0 = query[offset + j]!
    const q1 = query[offset + j + 1]!
    for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
      const d0 = data[cell]! - q0
      const d1 = data[cell + 1]! - q1
      out[i]! += d0 * d0 + d1 * d1
    }
  }
  if (j === columns) return
  const q = query[offset + j]!
  for (let i = from, cell = from * columns + j; i < to; i++, cell += columns) {
    const difference = data[cell]! - q
    out[i]! += difference * difference
  }
}

function products(
  { data, columns }: Matrix,
  { query, offset, from, to }: KernelSpan,
  out: Float64Array,
): void {
  for (let i = from, cell = from * columns; i < to; i++) {
    let sum = 0
    for (let j = 0; j < columns; j++, cell++) sum += data[cell]! * query[offset + j]!
    out[i] = sum
  }
}

function power(base: number, exponent: number): number {
  if (!Number.isInteger(exponent)) return base ** exponent
  let result = 1
  for (let rest = exponent, square = base; rest > 0; rest >>= 1, square *= square)
    if ((rest & 1) === 1) result *= square
  return result
}
