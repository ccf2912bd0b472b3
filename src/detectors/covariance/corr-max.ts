import { invertLower } from '../linear-algebra/cholesky.ts'
import { symmetricEigen } from '../linear-algebra/eigen.ts'
import { LIFT } from './whitening.ts'

/**
 * The corr-max transformation (Garthwaite, Koch: Evaluating the contributions of individual variables to a quadratic form, 2016) of the covariance with
 * this `whitening`: a matrix W (row-major) for which the squares of W (x - mean) sum up to the Mahalanobis distance too, while each of its rows is as
 * correlated with its own column as it can be. So square j is what column j adds to the distance.
 */
export function corrMax(whitening: Float64Array, columns: number): Float64Array {
  const factor = invertLower(whitening, columns)
  const deviations = new Float64Array(columns)
  for (let i = 0; i < columns; i++)
    deviations[i] = Math.hypot(...factor.subarray(i * columns, i * columns + i + 1))
  const correlation = new Float64Array(columns * columns)
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k <= Math.min(i, j); k++)
        sum += (factor[i * columns + k]! / deviations[i]!) * (factor[j * columns + k]! / deviations[j]!)
      correlation[i * columns + j] = sum
    }
  const { values, vectors } = symmetricEigen(correlation, columns)
  const transformation = new Float64Array(columns * columns)
  for (let k = 0; k < columns; k++) {
    const stretch = 1 / Math.sqrt(Math.max(values[k]!, LIFT))
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++)
        transformation[i * columns + j]! +=
          (stretch * vectors[k * columns + i]! * vectors[k * columns + j]!) / deviations[j]!
  }
  return transformation
}

// What is transformed to more counts as this, so that squares and their sums are finite.
const FARTHEST = 1e150

/** Transforms differences to a mean. */
export function transform(transformation: Float64Array, differences: Float64Array): Float64Array {
  const columns = differences.length
  return differences.map((_, i) => {
    let sum = 0
    for (let j = 0; j < columns; j++) sum += transformation[i * columns + j]! * differences[j]!
    return Number.isNaN(sum) ? FARTHEST : Math.max(-FARTHEST, Math.min(FARTHEST, sum))
  })
}
