/**
 * The lower triangular L with L Lᵀ = `matrix` (both row-major, `size` x `size`; Golub, Van Loan, chapter 4.2), zero above its diagonal.
 * Only the lower half of the matrix is read. Undefined when the matrix is not positive definite, or holds values that are not finite.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array | undefined {
  const factor = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * size + j]!
      for (let k = 0; k < j; k++) rest -= factor[i * size + k]! * factor[j * size + k]!
      if (i > j) factor[i * size + j] = rest / factor[j * size + j]!
      else if (rest > 0 && rest < Number.POSITIVE_INFINITY) factor[i * size + i] = Math.sqrt(rest)
      else return undefined
    }
  return factor
}

/** The inverse of L: lower triangular too, row-major. */
export function invertLower(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    const pivot = factor[i * size + i]!
    inverse[i * size + i] = 1 / pivot
    for (let j = 0; j < i; j++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += factor[i * size + k]! * inverse[k * size + j]!
      inverse[i * size + j] = -sum / pivot
    }
  }
  return inverse
}

/** The natural logarithm of the determinant of L Lᵀ. */
export function logDeterminant(factor: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += Math.log(factor[i * size + i]!)
  return 2 * sum
}
