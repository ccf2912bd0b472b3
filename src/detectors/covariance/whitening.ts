import { cholesky, invertLower } from '../linear-algebra/cholesky.ts'

/** A covariance that is not positive definite gets this share of its variances more first. */
export const LIFT = 1e-14

/**
 * The lower triangular W (row-major) for which W (x - mean) has unit covariance: the inverse Cholesky factor of a covariance, of which
 * the lower half is read. Where it is not positive definite its variances are raised by as little as makes it so, those that are zero
 * by a share of the largest; a difference in a direction without variance is then a huge one.
 */
export function whitening(covariance: Float64Array, columns: number): Float64Array {
  let largest = 0
  for (let j = 0; j < columns; j++) largest = Math.max(largest, covariance[j * columns + j]!)
  if (!(largest > 0)) largest = 1
  let lifted = covariance
  for (let share = LIFT; ; share *= 10) {
    const factor = cholesky(lifted, columns)
    const inverse = factor && invertLower(factor, columns)
    if (inverse?.every(Number.isFinite)) return inverse
    if (lifted === covariance) lifted = covariance.slice()
    for (let j = 0; j < columns; j++) {
      const variance = covariance[j * columns + j]!
      lifted[j * columns + j] = variance + share * (variance > 0 ? variance : largest)
    }
  }
}
