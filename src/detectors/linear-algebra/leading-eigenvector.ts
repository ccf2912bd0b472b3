const SQUARINGS = 48
const POLISHINGS = 3

/**
 * The unit eigenvector of the largest eigenvalue of a symmetric matrix without negative eigenvalues (row-major), its sign being arbitrary;
 * zeros for a matrix of zeros.
 *
 * Powers of a matrix by repeated squaring: all but the leading direction vanish at twice the pace each time, so that even close
 * eigenvalues part within some ten products. Of equal ones it takes some vector among theirs.
 */
export function leadingEigenvector(matrix: Float64Array, size: number): Float64Array {
  let power: Float64Array = matrix.slice()
  let next: Float64Array = new Float64Array(matrix.length)
  if (!divideByTrace(power, size)) return new Float64Array(size)
  for (let squaring = 0; squaring < SQUARINGS; squaring++) {
    let squares = 0
    for (let i = 0; i < power.length; i++) squares += power[i]! * power[i]!
    if (1 - squares < Number.EPSILON) break
    square(power, size, next)
    const spare = power
    power = next
    next = spare
    divideByTrace(power, size)
  }
  let row = 0
  for (let i = 1; i < size; i++) if (power[i * size + i]! > power[row * size + row]!) row = i
  let vector: Float64Array = power.slice(row * size, (row + 1) * size)
  // The matrix itself brings back the last bits that the products lost.
  for (let i = 0; i < POLISHINGS; i++) vector = unit(multiply(matrix, vector))
  return vector
}

function divideByTrace(matrix: Float64Array, size: number): boolean {
  let trace = 0
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!
  if (!(trace > 0)) return false
  for (let i = 0; i < matrix.length; i++) matrix[i]! /= trace
  return true
}

function square(matrix: Float64Array, size: number, out: Float64Array): void {
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const first = i * size
      const second = j * size
      let a = 0
      let b = 0
      let k = 0
      for (; k + 1 < size; k += 2) {
        a += matrix[first + k]! * matrix[second + k]!
        b += matrix[first + k + 1]! * matrix[second + k + 1]!
      }
      if (k < size) a += matrix[first + k]! * matrix[second + k]!
      out[first + j] = out[second + i] = a + b
    }
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length
  return vector.map((_, i) => {
    let sum = 0
    for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * vector[j]!
    return sum
  })
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector)
  return norm > 0 ? vector.map((value) => value / norm) : vector
}
