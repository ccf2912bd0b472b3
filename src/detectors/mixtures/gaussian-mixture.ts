import { LIFT, whitening as whiten } from '../covariance/whitening.ts'
import type { Matrix } from '../detector.ts'

/** `tied`: one covariance for all components; `spherical`: one variance for all columns of a component. */
export const COVARIANCE_TYPES = ['full', 'tied', 'diag', 'spherical'] as const
export type CovarianceType = (typeof COVARIANCE_TYPES)[number]

/** Gaussian components of one density. */
export interface Mixture {
  readonly logWeights: Float64Array
  /** One mean a row. */
  readonly means: Matrix
  /**
   * What brings the difference to a mean to unit variance, of one component after the other: the lower triangular inverse of the
   * Cholesky factor of its covariance, or of diagonal covariances the inverse standard deviation of each column.
   */
  readonly whitening: Float64Array
}

export interface Estimation {
  readonly type: CovarianceType
  /** What is added to the variances of each column. */
  readonly floor: Float64Array
}

// Added to each of the weights, so that a component without rows divides by something.
const LEAST_WEIGHT = 10 * Number.EPSILON

/** The M step: components of `responsibilities` (row-major, a row of the data a row); `weights` of them are divided by `total`. */
export function estimate(
  data: Matrix,
  responsibilities: Matrix,
  { type, floor, total }: Estimation & { readonly total: number | undefined },
): Mixture {
  const components = responsibilities.columns
  const counts = new Float64Array(components)
  for (let k = 0; k < components; k++) {
    for (let i = k; i < responsibilities.data.length; i += components) counts[k]! += responsibilities.data[i]!
    counts[k]! += LEAST_WEIGHT
  }
  const whole = total ?? counts.reduce((sum, count) => sum + count, 0)
  const means = meansOf(data, responsibilities, counts)
  const { columns } = data
  const diagonal = type === 'diag' || type === 'spherical'
  const size = diagonal ? columns : columns * columns
  const covariances = (diagonal ? variancesOf : scattersOf)(data, responsibilities, means)
  if (type === 'tied') tie(covariances, components, counts)
  else for (let i = 0; i < covariances.length; i++) covariances[i]! /= counts[Math.floor(i / size)]!
  const whitening = new Float64Array(covariances.length)
  for (let k = 0; k < components; k++) {
    const covariance = covariances.subarray(k * size, (k + 1) * size)
    for (let j = 0; j < columns; j++) covariance[diagonal ? j : j * columns + j]! += floor[j]!
    if (type === 'spherical')
      covariance.fill(covariance.reduce((sum, variance) => sum + variance / columns, 0))
    whitening.set(diagonal ? inverseDeviations(covariance) : whiten(covariance, columns), k * size)
  }
  return { logWeights: counts.map((count) => Math.log(count / whole)), means, whitening }
}

function meansOf({ data, columns }: Matrix, shares: Matrix, counts: Float64Array): Matrix {
  const components = counts.length
  const means = new Float64Array(components * columns)
  for (let row = 0; row < shares.rows; row++)
    for (let k = 0; k < components; k++) {
      const share = shares.data[row * components + k]!
      for (let j = 0; j < columns; j++) means[k * columns + j]! += share * data[row * columns + j]!
    }
  for (let i = 0; i < means.length; i++) means[i]! /= counts[Math.floor(i / columns)]!
  return { data: means, rows: components, columns }
}

/** Weighted sums of products of the differences to the mean, a matrix a component. */
function scattersOf({ data, columns }: Matrix, shares: Matrix, means: Matrix): Float64Array {
  const components = means.rows
  const size = columns * columns
  const scatters = new Float64Array(components * size)
  const difference = new Float64Array(columns)
  for (let k = 0; k < components; k++) {
    for (let row = 0; row < shares.rows; row++) {
      const share = shares.data[row * components + k]!
      if (share === 0) continue
      for (let j = 0; j < columns; j++)
        difference[j] = data[row * columns + j]! - means.data[k * columns + j]!
      for (let i = 0, cell = k * size; i < columns; i++, cell += columns) {
        const weighted = share * difference[i]!
        for (let j = 0; j <= i; j++) scatters[cell + j]! += weighted * difference[j]!
      }
    }
  }
  return scatters
}

/** Weighted sums of the squares of the differences to the mean, a row a component. */
function variancesOf({ data, columns }: Matrix, shares: Matrix, means: Matrix): Float64Array {
  const components = means.rows
  const squares = new Float64Array(components * columns)
  for (let row = 0; row < shares.rows; row++)
    for (let k = 0; k < components; k++) {
      const share = shares.data[row * components + k]!
      for (let j = 0; j < columns; j++) {
        const difference = data[row * columns + j]! - means.data[k * columns + j]!
        squares[k * columns + j]! += share * difference * difference
      }
    }
  return squares
}

/** Makes the scatters of all components the covariance within components. */
function tie(scatters: Float64Array, components: number, counts: Float64Array): void {
  const size = scatters.length / components
  const total = counts.reduce((sum, count) => sum + count, 0)
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let k = 0; k < components; k++) sum += scatters[k * size + i]!
    for (let k = 0; k < components; k++) scatters[k * size + i] = sum / total
  }
}

function inverseDeviations(variances: Float64Array): Float64Array {
  const largest = variances.reduce((most, variance) => Math.max(most, variance), 0)
  const least = LIFT * (largest > 0 ? largest : 1)
  return variances.map((variance) => 1 / Math.sqrt(Math.max(variance, variance > 0 ? 0 : least)))
}

/** Logarithm of the density of each row in each component, weighted: what the mixture makes of `rows`, row-major. */
export function logDensities(
  { logWeights, means, whitening }: Mixture,
  { data, rows }: Matrix,
): Float64Array {
  const { rows: components, columns } = means
  const size = whitening.length / components
  const diagonal = size === columns
  const result = new Float64Array(rows * components)
  const difference = new Float64Array(columns)
  for (let k = 0; k < components; k++) {
    const offset =
      logWeights[k]! - (columns * Math.log(2 * Math.PI)) / 2 + logDeterminantOf(whitening, k, means)
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < columns; j++)
        difference[j] = data[row * columns + j]! - means.data[k * columns + j]!
      let squares = 0
      for (let i = 0; i < columns; i++) {
        let white = 0
        if (diagonal) white = difference[i]! * whitening[k * size + i]!
        else {
          const cell = k * size + i * columns
          for (let j = 0; j <= i; j++) white += whitening[cell + j]! * difference[j]!
        }
        squares += white * white
      }
      // Overflow leaves infinity, or NaN where infinities of two signs met.
      result[row * components + k] = squares < Number.MAX_VALUE ? offset - squares / 2 : -Number.MAX_VALUE
    }
  }
  return result
}

function logDeterminantOf(whitening: Float64Array, component: number, { rows, columns }: Matrix): number {
  const size = whitening.length / rows
  const step = size === columns ? 1 : columns + 1
  let sum = 0
  for (let i = 0; i < size; i += step) sum += Math.log(whitening[component * size + i]!)
  return sum
}

/**
 * The E step: makes the log densities of each row the shares of the components in it, and returns the logarithm of the density of each
 * row.
 */
export function shareOut(densities: Float64Array, components: number): Float64Array {
  const total = new Float64Array(densities.length / components)
  for (let row = 0, from = 0; row < total.length; row++, from += components) {
    let largest = densities[from]!
    for (let k = 1; k < components; k++) largest = Math.max(largest, densities[from + k]!)
    let sum = 0
    for (let k = 0; k < components; k++) {
      const share = Math.exp(densities[from + k]! - largest)
      densities[from + k] = share
      sum += share
    }
    for (let k = 0; k < components; k++) densities[from + k]! /= sum
    total[row] = largest + Math.log(sum)
  }
  return total
}

export interface Precisions {
  readonly type: CovarianceType
  readonly components: number
  /** What each column was multiplied by. */
  readonly shrink: Float64Array
}

/** The whitening of inverse covariances, nested as the covariance type says: matrices, one matrix, rows of variances, or variances. */
export function fromPrecisions(
  nested: readonly (number | readonly (number | readonly number[])[])[],
  { type, components, shrink }: Precisions,
): Float64Array {
  const values = nested.flat<unknown, 2>(2) as number[]
  const columns = shrink.length
  if (type === 'diag' || type === 'spherical')
    return Float64Array.from(
      { length: components * columns },
      (_, i) => Math.sqrt(values[type === 'diag' ? i : Math.floor(i / columns)]!) / shrink[i % columns]!,
    )
  const size = columns * columns
  const whitening = new Float64Array(components * size)
  for (let k = 0; k < components; k++) {
    const inverse = whiten(
      Float64Array.from(values.slice(type === 'tied' ? 0 : k * size).slice(0, size)),
      columns,
    )
    // The precision is L Lᵀ, so that the covariance is the product of the inverse of L with itself, transposed first.
    const covariance = new Float64Array(size)
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0
        for (let m = 0; m < columns; m++) sum += inverse[m * columns + i]! * inverse[m * columns + j]!
        covariance[i * columns + j] = sum * shrink[i]! * shrink[j]!
      }
    whitening.set(whiten(covariance, columns), k * size)
  }
  return whitening
}
