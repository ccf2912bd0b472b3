import type { Matrix } from '../detector.ts'

/**
 * The variance of the weighted cosines between pairs of training rows, as row `query` of `queries` sees them: over the pairs of those that
 * `chosen` numbers, from position `from` on. Not a number when they form less than two angles.
 */
type Angles = (queries: Matrix, query: number, chosen: Int32Array, from: number) => number

/** Makes the measure for `count` training rows at a time. */
export function createAngles(training: Matrix, count: number): Angles {
  const { columns } = training
  // The weighted cosine <a, b> / (|a|² |b|²) is the product of the inverted vectors a / |a|² and b / |b|².
  const inverted = new Float64Array(count * columns)
  return (queries, query, chosen, from) => {
    let used = 0
    for (let i = from; i < from + count; i++)
      if (invert(queries, query * columns, training, chosen[i]! * columns, inverted, used * columns)) used++
    return used < 3 ? Number.NaN : varianceOfProducts(inverted, used, columns)
  }
}

/** Writes the inverted vector from the row at `origin` to that at `cell`; false when they are in the same place. */
function invert(
  queries: Matrix,
  origin: number,
  training: Matrix,
  cell: number,
  inverted: Float64Array,
  at: number,
): boolean {
  const { columns } = training
  let squares = 0
  for (let j = 0; j < columns; j++) {
    const difference = training.data[cell + j]! - queries.data[origin + j]!
    inverted[at + j] = difference
    squares += difference * difference
  }
  if (squares > LEAST_SQUARES && squares < Number.POSITIVE_INFINITY) {
    for (let j = 0; j < columns; j++) inverted[at + j] = inverted[at + j]! / squares
    return true
  }
  return invertFar(
    queries.data.subarray(origin, origin + columns),
    training.data.subarray(cell, cell + columns),
    inverted,
    at,
  )
}

/** Below it squares lose digits. */
const LEAST_SQUARES = 1e-290

/** The same where squares overflow or vanish. */
function invertFar(origin: Float64Array, target: Float64Array, inverted: Float64Array, at: number): boolean {
  // Halves, as the difference of the largest numbers overflows.
  const differences = target.map((value, j) => value / 2 - origin[j]! / 2)
  const largest = differences.reduce((most, difference) => Math.max(most, Math.abs(difference)), 0)
  if (largest === 0) return false
  const unit = differences.map((difference) => difference / largest)
  const squares = unit.reduce((sum, part) => sum + part * part, 0)
  unit.forEach((part, j) => {
    inverted[at + j] = part / squares / largest / 2
  })
  return true
}

/** The variance of the products of all pairs of the first `count` vectors, without the memory for them; at most the largest number. */
function varianceOfProducts(vectors: Float64Array, count: number, columns: number): number {
  // About the mean: |sum|² is the sum of all products, of the vectors with themselves too.
  let middle = 0
  for (let j = 0; j < columns; j++) {
    let sum = 0
    let squares = 0
    for (let i = j; i < count * columns; i += columns) {
      const value = vectors[i]!
      sum += value
      squares += value * value
    }
    middle += sum * sum - squares
  }
  middle /= count * (count - 1)

  let total = 0
  let squares = 0
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      let product = -middle
      for (let a = i * columns, b = j * columns; a < (i + 1) * columns; a++, b++)
        product += vectors[a]! * vectors[b]!
      total += product
      squares += product * product
    }
  const pairs = (count * (count - 1)) / 2
  const variance = squares / pairs - (total / pairs) ** 2
  return variance <= Number.MAX_VALUE ? Math.max(0, variance) : Number.MAX_VALUE
}
