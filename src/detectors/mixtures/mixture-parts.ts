import { corrMax, transform } from '../covariance/corr-max.ts'
import type { Matrix } from '../detector.ts'
import { divideAmount } from '../neighbours/distance-shares.ts'
import { EUCLIDEAN } from '../neighbours/metric.ts'
import { logDensities, type Mixture, shareOut } from './gaussian-mixture.ts'

// What a difference counts as that is larger, so that no transformation of it overflows.
const FARTHEST = 1e150

/**
 * What each column adds to the negative log density of rows in a mixture: half of its part of the squared Mahalanobis distance to each component (by the
 * corr-max transformation, see there), which counts as much as the component does in the density of the row.
 */
export function mixtureParts(mixture: Mixture): (rows: Matrix) => Float64Array {
  const { means, whitening } = mixture
  const { rows: components, columns } = means
  const size = whitening.length / components
  const transformations = Array.from({ length: components }, (_, k) => {
    const own = whitening.subarray(k * size, (k + 1) * size)
    return size === columns ? diagonal(own) : corrMax(own, columns)
  })
  return (rows) => {
    const shares = logDensities(mixture, rows)
    shareOut(shares, components)
    const parts = new Float64Array(rows.data.length)
    for (let i = 0; i < shares.length; i++) {
      const [row, k] = [Math.floor(i / components), i % components]
      const differences = new Float64Array(columns)
      for (let j = 0; j < columns; j++) {
        const difference = rows.data[row * columns + j]! - means.data[k * columns + j]!
        differences[j] = Math.max(-FARTHEST, Math.min(FARTHEST, difference))
      }
      const own = transform(transformations[k]!, differences)
      const squares = own.reduce((sum, value) => sum + value * value, 0)
      divideAmount(EUCLIDEAN, own, (shares[i]! * Math.min(squares, Number.MAX_VALUE)) / 2)
      for (let j = 0; j < columns; j++) parts[row * columns + j]! += own[j]!
    }
    return parts
  }
}

/** A matrix with these on its diagonal. */
function diagonal(values: Float64Array): Float64Array {
  const matrix = new Float64Array(values.length ** 2)
  for (let j = 0; j < values.length; j++) matrix[j * (values.length + 1)] = values[j]!
  return matrix
}
