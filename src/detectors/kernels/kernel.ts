import type { Matrix } from '../detector.ts'
import { type RowSpan, squaredDistances } from '../linear-algebra/squared-distances.ts'
import { exponentials } from './exponential.ts'

export const KERNELS = ['linear', 'poly', 'rbf', 'sigmoid'] as const

/** What the scalar product (or the distance) of two rows is made: see `kernelRow`. */
export interface Kernel {
  readonly kind: (typeof KERNELS)[number]
  readonly gamma: number
  readonly degree: number
  readonly coef0: number
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
  span: RowSpan,
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

function products({ data, columns }: Matrix, { query, offset, from, to }: RowSpan, out: Float64Array): void {
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
